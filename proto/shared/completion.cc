#include "proto/shared/completion.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/shared/option_words.h"
#include "proto/sweep/printable.h"

namespace fathom {
namespace {

// Longer help does not fit behind a candidate.
constexpr size_t kMostHelp = 70;

const CLI::Option* FindOption(const CLI::App& command, absl::string_view name) {
  for (const CLI::Option* option : OptionsOf(command)) {
    for (const std::string& each : NamesOf(*option)) {
      if (each == name) return option;
    }
  }
  return nullptr;
}

const CLI::App* FindCommand(const CLI::App& command, absl::string_view name) {
  for (const CLI::App* each : CommandsOf(command)) {
    if (each->get_name() == name) return each;
  }
  return nullptr;
}

// Returns the beginning of the help, up to where a sentence or clause ends.
std::string ShortHelp(const std::string& help) {
  std::string text = help.substr(0, help.find_first_of(";\n"));
  text = text.substr(0, text.find(" ("));
  if (text.size() <= kMostHelp) return text;
  const size_t blank = text.rfind(' ', kMostHelp);
  return blank == std::string::npos ? "" : text.substr(0, blank) + " ...";
}

// Reads the words before the one that is to be completed.
class Line {
 public:
  explicit Line(const CLI::App& program) : command_(&program) {}

  void Read(const std::string& word) {
    if (waiting_ != nullptr) {
      // Bash hands over "--db=x" as "--db", "=" and "x".
      if (word == "=") return;
      waiting_ = nullptr;
    } else if (!only_arguments_ && word == "--") {
      only_arguments_ = true;
    } else if (!only_arguments_ && absl::StartsWith(word, "-")) {
      const CLI::Option* option = FindOption(*command_, word);
      if (option == nullptr) return;
      given_.push_back(option);
      if (TakesValue(*option)) waiting_ = option;
    } else if (const CLI::App* next = FindCommand(*command_, word);
               next != nullptr && arguments_ == 0) {
      command_ = next;
    } else {
      ++arguments_;
    }
  }

  const CLI::App& command() const { return *command_; }
  // The option whose value is to come, or null.
  const CLI::Option* waiting() const { return waiting_; }
  bool only_arguments() const { return only_arguments_; }
  // Returns whether the option may not be given again.
  bool IsSpent(const CLI::Option& option) const {
    return option.get_items_expected_max() <= 1 &&
           std::find(given_.begin(), given_.end(), &option) != given_.end();
  }
  // The positional argument that is to come, or null.
  const CLI::Option* argument() const {
    const auto all = PositionalsOf(*command_);
    if (all.empty()) return nullptr;
    if (arguments_ < all.size()) return all[arguments_];
    return all.back()->get_items_expected_max() > 1 ? all.back() : nullptr;
  }
  // Whether nothing but the name of a command may come.
  bool AtCommands() const {
    return arguments_ == 0 && !CommandsOf(*command_).empty();
  }

 private:
  const CLI::App* command_;
  const CLI::Option* waiting_ = nullptr;
  std::vector<const CLI::Option*> given_;
  size_t arguments_ = 0;
  bool only_arguments_ = false;
};

// Adds what may stand for the value of an option or argument, each behind
// `before`.
void AddValues(const CLI::Option& option, absl::string_view before,
               absl::Span<const std::string> words, const ValuesFor& values,
               Completions* completions) {
  for (const std::string& choice : ChoicesOf(option)) {
    completions->candidates.push_back({absl::StrCat(before, choice)});
  }
  const std::string placeholder = PlaceholderOf(option);
  for (Candidate& value : values(placeholder, words)) {
    value.word = absl::StrCat(before, value.word);
    completions->candidates.push_back(std::move(value));
  }
  for (const absl::string_view kind : absl::StrSplit(placeholder, '|')) {
    completions->files |= absl::StartsWith(kind, "FILE") ||
                          absl::StartsWith(kind, "SPEC") ||
                          absl::StartsWith(kind, "OUT");
    completions->folders |= kind == "DIR";
  }
}

void AddOptions(const Line& line, Completions* completions) {
  for (const CLI::Option* option : OptionsOf(line.command())) {
    if (line.IsSpent(*option)) continue;
    for (const std::string& name : NamesOf(*option)) {
      completions->candidates.push_back(
          {name, ShortHelp(option->get_description())});
    }
  }
}

}  // namespace

Completions Complete(const CLI::App& program,
                     absl::Span<const std::string> words,
                     const ValuesFor& values) {
  Completions completions;
  if (words.empty()) return completions;
  Line line(program);
  for (const std::string& word : words.first(words.size() - 1)) line.Read(word);
  std::string last = words.back();
  if (line.waiting() != nullptr) {
    if (last == "=") last = "";
    AddValues(*line.waiting(), "", words, values, &completions);
  } else if (const size_t equals = last.find('=');
             absl::StartsWith(last, "--") && equals != std::string::npos) {
    const CLI::Option* option =
        FindOption(line.command(), last.substr(0, equals));
    if (option == nullptr || !TakesValue(*option)) return completions;
    AddValues(*option, last.substr(0, equals + 1), words, values, &completions);
  } else if (absl::StartsWith(last, "-") && !line.only_arguments()) {
    AddOptions(line, &completions);
  } else {
    if (line.AtCommands()) {
      for (const CLI::App* each : CommandsOf(line.command())) {
        completions.candidates.push_back(
            {each->get_name(), ShortHelp(each->get_description())});
      }
    }
    if (const CLI::Option* argument = line.argument(); argument != nullptr) {
      AddValues(*argument, "", words, values, &completions);
    }
    if (completions.candidates.empty() && last.empty() && !completions.files &&
        !completions.folders) {
      AddOptions(line, &completions);
    }
  }
  std::vector<Candidate>& all = completions.candidates;
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const Candidate& candidate) {
                             return !absl::StartsWith(candidate.word, last);
                           }),
            all.end());
  return completions;
}

bool CompleteIfAsked(const CLI::App& program,
                     const std::vector<std::string>& arguments,
                     const ValuesFor& values, std::ostream& out) {
  if (arguments.empty() || arguments[0] != "--complete") return false;
  const Completions completions =
      Complete(program, absl::MakeConstSpan(arguments).subspan(1), values);
  out << (completions.files     ? "files"
          : completions.folders ? "folders"
                                : "words")
      << "\n";
  for (const Candidate& candidate : completions.candidates) {
    // Shells would take a control character for their own.
    out << Printable(candidate.word) << "\t" << Printable(candidate.help)
        << "\n";
  }
  return true;
}

}  // namespace fathom
