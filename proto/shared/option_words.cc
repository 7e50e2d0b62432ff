#include "proto/shared/option_words.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace fathom {

std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) {
    names.push_back(absl::StrCat("-", name));
  }
  for (const std::string& name : option.get_lnames()) {
    names.push_back(absl::StrCat("--", name));
  }
  return names;
}

bool TakesValue(const CLI::Option& option) {
  return option.get_type_size() != 0 && option.get_items_expected_max() > 0;
}

std::string PlaceholderOf(const CLI::Option& option) {
  if (!TakesValue(option)) return "";
  // "csv|jsonl (default: csv)".
  const std::string& text = option.get_option_text();
  if (!text.empty()) return text.substr(0, text.find(' '));
  // CLI11 puts what a validator expects behind a colon, which "HOST:PORT" has
  // as well.
  const std::string type = option.get_type_name();
  const std::string range = " in [";
  const size_t at = type.find(range);
  if (at == std::string::npos) return type.empty() ? "VALUE" : type;
  const size_t colon = type.rfind(':', at);
  return colon == std::string::npos ? type.substr(0, at)
                                    : type.substr(0, colon);
}

std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string placeholder = PlaceholderOf(option);
  const auto placeholder_for_others = [](absl::string_view word) {
    return word.empty() || std::any_of(word.begin(), word.end(), [](char c) {
             return absl::ascii_isupper(c);
           });
  };
  const std::vector<std::string> words = absl::StrSplit(placeholder, '|');
  if (words.size() < 2 ||
      std::any_of(words.begin(), words.end(), placeholder_for_others)) {
    return {};
  }
  return words;
}

std::string CommandLineOf(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr
             ? command.get_name()
             : absl::StrCat(CommandLineOf(*parent), " ", command.get_name());
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& command) {
  return command.get_subcommands(
      [](const CLI::App* app) { return !app->get_group().empty(); });
}

std::vector<const CLI::Option*> OptionsOf(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) {
    return option->nonpositional() && !option->get_group().empty();
  });
}

std::vector<const CLI::Option*> PositionalsOf(const CLI::App& command) {
  return command.get_options(
      [](const CLI::Option* option) { return option->get_positional(); });
}

}  // namespace fathom
