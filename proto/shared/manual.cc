#include "proto/shared/manual.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proto/shared/option_words.h"
#include "proto/sweep/printable.h"

namespace fathom {
namespace {

// Returns the code point of a character of valid UTF-8.
uint32_t CodePoint(absl::string_view character) {
  static constexpr unsigned char kFirstBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t code =
      static_cast<unsigned char>(character[0]) & kFirstBits[character.size()];
  for (const char c : character.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3f);
  }
  return code;
}

// Returns a line of text as roff prints it unchanged. What is outside of ASCII
// becomes an escape, because what roff takes bytes for depends on its options.
std::string Roff(absl::string_view text) {
  std::string roff;
  // A line that began with one of these would be a request.
  if (absl::StartsWith(text, ".") || absl::StartsWith(text, "'")) roff = "\\&";
  while (!text.empty()) {
    const size_t length = std::max<size_t>(1, CharacterLength(text));
    const absl::string_view character = text.substr(0, length);
    text.remove_prefix(length);
    if (length > 1) {
      absl::StrAppendFormat(&roff, "\\[u%04X]", CodePoint(character));
    } else if (character == "\\") {
      roff += "\\e";
    } else if (character == "-") {
      roff += "\\-";  // A plain one is a hyphen, which nobody can paste.
    } else if (character == "'") {
      roff += "\\(aq";
    } else if (character == "`") {
      roff += "\\(ga";
    } else if (character == "^") {
      roff += "\\(ha";
    } else if (character == "~") {
      roff += "\\(ti";
    } else {
      absl::StrAppend(&roff, character);
    }
  }
  return roff;
}

std::string Bold(absl::string_view text) {
  return absl::StrCat("\\fB", Roff(text), "\\fR");
}

std::string Italic(absl::string_view text) {
  return absl::StrCat("\\fI", Roff(text), "\\fR");
}

// Returns the name of the page of a command: "fathom-data-info".
std::string PageName(const CLI::App& command) {
  return absl::StrReplaceAll(CommandLineOf(command), {{" ", "-"}});
}

// Returns the first sentence of a description, without the name of its
// program: "queues sweeps and keeps the ledger".
std::string Summary(const CLI::App& command) {
  const std::string description = command.get_description();
  absl::string_view text = description;
  // That of a program begins with its name.
  if (command.get_parent() == nullptr &&
      absl::ConsumePrefix(&text, command.get_name())) {
    absl::ConsumePrefix(&text, ":");
    text = absl::StripLeadingAsciiWhitespace(text);
  }
  text = text.substr(0, text.find(". "));
  text = text.substr(0, text.find('\n'));
  absl::ConsumeSuffix(&text, ".");
  return std::string(text);
}

std::string Synopsis(const CLI::App& command) {
  std::string line = absl::StrCat(Bold(CommandLineOf(command)), " [",
                                  Italic("OPTION"), "...]");
  for (const CLI::Option* argument : PositionalsOf(command)) {
    const std::string name =
        absl::StrCat(Italic(PlaceholderOf(*argument)),
                     argument->get_items_expected_max() > 1 ? "..." : "");
    absl::StrAppend(
        &line, " ",
        argument->get_required() ? name : absl::StrCat("[", name, "]"));
  }
  if (!CommandsOf(command).empty()) {
    absl::StrAppend(&line, " ", Italic("COMMAND"));
  }
  return line;
}

// Returns what is to be known of an option beside its help, in sentences.
std::string Remarks(const CLI::Option& option) {
  std::vector<std::string> remarks;
  const std::string type = option.get_type_name();
  if (const size_t at = type.find(" in ["); at != std::string::npos) {
    remarks.push_back(absl::StrCat(
        "From ",
        absl::StrReplaceAll(absl::StripSuffix(type.substr(at + 5), "]"),
                            {{" - ", " to "}}),
        "."));
  }
  const std::string& text = option.get_option_text();
  if (const size_t at = text.find(" (default: ");
      at != std::string::npos && absl::EndsWith(text, ")")) {
    remarks.push_back(absl::StrCat(
        "Default: ", text.substr(at + 11, text.size() - at - 12), "."));
  } else if (TakesValue(option) && !option.get_default_str().empty()) {
    remarks.push_back(absl::StrCat("Default: ", option.get_default_str(), "."));
  }
  if (option.get_required()) remarks.push_back("Required.");
  if (option.get_items_expected_max() > 1)
    remarks.push_back("As often as needed.");
  if (!option.get_envname().empty()) {
    remarks.push_back(
        absl::StrCat("Otherwise the variable ", option.get_envname(), "."));
  }
  for (const CLI::Option* other : option.get_excludes()) {
    remarks.push_back(absl::StrCat("Not with ", other->get_name(), "."));
  }
  for (const CLI::Option* other : option.get_needs()) {
    remarks.push_back(absl::StrCat("Only with ", other->get_name(), "."));
  }
  return absl::StrJoin(remarks, " ");
}

void AppendOption(const CLI::Option& option, absl::string_view names,
                  std::string* page) {
  const std::string help = option.get_description();
  const std::string remarks = Remarks(option);
  absl::StrAppend(page, ".TP\n", names, "\n");
  if (!help.empty()) {
    const bool ended = absl::EndsWith(help, ".") || remarks.empty();
    absl::StrAppend(page, Roff(help), ended ? "" : ".", "\n");
  }
  if (!remarks.empty()) absl::StrAppend(page, Roff(remarks), "\n");
}

void AppendOptions(const CLI::App& command, std::string* page) {
  if (!PositionalsOf(command).empty()) *page += ".SH ARGUMENTS\n";
  for (const CLI::Option* argument : PositionalsOf(command)) {
    AppendOption(*argument, Italic(PlaceholderOf(*argument)), page);
  }
  *page += ".SH OPTIONS\n";
  for (const CLI::Option* option : OptionsOf(command)) {
    std::vector<std::string> names;
    for (const std::string& name : NamesOf(*option))
      names.push_back(Bold(name));
    std::string line = absl::StrJoin(names, ", ");
    if (TakesValue(*option)) {
      absl::StrAppend(&line, " ", Italic(PlaceholderOf(*option)));
    }
    AppendOption(*option, line, page);
  }
}

void AppendCommands(const CLI::App& command, std::string* page) {
  if (CommandsOf(command).empty()) return;
  *page += ".SH COMMANDS\n";
  for (const CLI::App* each : CommandsOf(command)) {
    absl::StrAppend(page, ".TP\n", Bold(CommandLineOf(*each)), "\n",
                    Roff(each->get_description()), ". See ",
                    Bold(PageName(*each)), "(1).\n");
  }
}

// Appends text for people: paragraphs, examples in lines that are indented, and
// the sections that "Examples:" and "Exit codes:" begin.
void AppendText(absl::string_view text, std::string* page) {
  bool example = false;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const bool indented = absl::StartsWith(line, "  ");
    if (indented != example) {
      *page += indented ? ".PP\n.RS 4\n.nf\n" : ".fi\n.RE\n";
      example = indented;
    }
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "Examples:") ||
        absl::ConsumePrefix(&rest, "Example:")) {
      *page += ".SH EXAMPLES\n";
    } else if (absl::ConsumePrefix(&rest, "Exit codes:")) {
      *page += ".SH EXIT STATUS\n";
    }
    rest = indented ? rest.substr(2) : absl::StripAsciiWhitespace(rest);
    if (rest.empty() && line.empty()) {
      *page += ".PP\n";
    } else if (!rest.empty()) {
      absl::StrAppend(page, Roff(rest), "\n");
    }
  }
  if (example) *page += ".fi\n.RE\n";
}

std::string PageOf(const CLI::App& command, absl::string_view version) {
  const CLI::App* program = &command;
  while (program->get_parent() != nullptr) program = program->get_parent();
  const std::string name = PageName(command);
  std::string page = absl::StrCat(
      ".TH \"", Roff(absl::AsciiStrToUpper(name)), "\" 1 \"\" \"fathom ",
      Roff(version), "\" \"Manual of fathom\"\n", ".SH NAME\n", Roff(name),
      " \\- ", Roff(Summary(command)), "\n.SH SYNOPSIS\n", Synopsis(command),
      "\n.SH DESCRIPTION\n");
  AppendText(command.get_description(), &page);
  // The examples of a footer come last, its sentences before the options.
  const std::string footer = command.get_footer();
  size_t sections = footer.size();
  for (const char* title : {"Example:", "Examples:", "Exit codes:"}) {
    if (absl::StartsWith(footer, title)) sections = 0;
    sections = std::min(sections, footer.find(absl::StrCat("\n", title)));
  }
  if (sections > 0) {
    page += ".PP\n";
    AppendText(absl::StripAsciiWhitespace(footer.substr(0, sections)), &page);
  }
  AppendOptions(command, &page);
  AppendCommands(command, &page);
  AppendText(absl::StripAsciiWhitespace(footer.substr(sections)), &page);
  page += ".SH SEE ALSO\n";
  std::vector<std::string> others;
  for (const char* other : {"fathom", "fathom-server", "fathom-worker"}) {
    if (other != name) others.push_back(absl::StrCat(Bold(other), "(1)"));
  }
  absl::StrAppend(&page, absl::StrJoin(others, ",\n"), "\n");
  // A paragraph of its own begins at every section.
  return absl::StrReplaceAll(page, {{"\n.PP\n.SH", "\n.SH"}});
}

void AppendPages(const CLI::App& command, absl::string_view version,
                 std::vector<ManualPage>* pages) {
  pages->emplace_back(PageName(command) + ".1", PageOf(command, version));
  for (const CLI::App* each : CommandsOf(command)) {
    AppendPages(*each, version, pages);
  }
}

}  // namespace

std::vector<ManualPage> ManualPages(const CLI::App& program,
                                    absl::string_view version) {
  std::vector<ManualPage> pages;
  AppendPages(program, version, &pages);
  return pages;
}

std::optional<int> WriteManualIfAsked(const CLI::App& program,
                                      const std::vector<std::string>& arguments,
                                      absl::string_view version,
                                      std::ostream& err) {
  if (arguments.size() != 2 || arguments[0] != "--write-manual") {
    return std::nullopt;
  }
  for (const auto& [name, text] : ManualPages(program, version)) {
    const std::string path = absl::StrCat(arguments[1], "/", name);
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (file) continue;
    err << program.get_name() << ": cannot write " << Printable(path) << ": "
        << std::strerror(errno) << "\n";
    return 1;
  }
  return 0;
}

}  // namespace fathom
