#include "proto/shared/usage_errors.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/option_words.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/printable.h"

namespace fathom {

const CLI::App* NamedCommand(const CLI::App& program) {
  const CLI::App* command = &program;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands()[0];
  }
  return command;
}

std::string UnexpectedArgument(const CLI::App& program) {
  const CLI::App* const command = NamedCommand(program);
  const std::vector<std::string> left = program.remaining(/*recurse=*/true);
  std::string found = left.empty() ? "" : left[0];
  for (const std::string& argument : left) {
    if (argument.size() < 2 || argument[0] != '-') continue;
    found = argument.substr(0, argument.find('='));
    break;
  }
  const bool is_option = !found.empty() && found[0] == '-';
  std::vector<std::string> names;
  for (const CLI::Option* option : OptionsOf(*command)) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back(absl::StrCat("--", name));
    }
  }
  const std::string near = is_option ? NearestName(found, names) : "";
  const std::string line = CommandLineOf(*command);
  return absl::StrCat(
      is_option ? "unknown option" : "unexpected argument", " \"",
      Printable(found), "\" of ", line, "; ",
      near.empty() ? absl::StrCat("`", line, " --help` shows what it takes")
                   : absl::StrCat("did you mean ", near, "?"));
}

}  // namespace fathom
