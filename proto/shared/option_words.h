#ifndef FATHOM_PROTO_SHARED_OPTION_WORDS_H_
#define FATHOM_PROTO_SHARED_OPTION_WORDS_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

// What --help says of an option, taken apart again for man pages and the
// completion of shells.
namespace fathom {

// Returns the names of an option as they are typed: {"-q", "--quiet"}.
std::vector<std::string> NamesOf(const CLI::Option& option);

// Returns whether a value follows the option.
bool TakesValue(const CLI::Option& option);

// Returns what stands for its value: "FILE", "csv|jsonl"; "" for a flag.
std::string PlaceholderOf(const CLI::Option& option);

// Returns the values that an option says it takes: {"csv", "jsonl"} where its
// placeholder is "csv|jsonl"; none for "FILE|BUILTIN", which stands for others.
std::vector<std::string> ChoicesOf(const CLI::Option& option);

// Returns the name of a command as it is typed: "fathom data info".
std::string CommandLineOf(const CLI::App& command);

// Returns the commands below one, in the order of its help.
std::vector<const CLI::App*> CommandsOf(const CLI::App& command);

// Returns the options of a command that its help shows, without positionals.
std::vector<const CLI::Option*> OptionsOf(const CLI::App& command);

// Returns the positional arguments of a command, in their order.
std::vector<const CLI::Option*> PositionalsOf(const CLI::App& command);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_OPTION_WORDS_H_
