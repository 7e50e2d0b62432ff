#ifndef FATHOM_PROTO_SHARED_USAGE_ERRORS_H_
#define FATHOM_PROTO_SHARED_USAGE_ERRORS_H_

#include <string>

#include "CLI/CLI.hpp"

namespace fathom {

// Returns the innermost command that the parsed arguments have named.
const CLI::App* NamedCommand(const CLI::App& program);

// Returns the error of arguments that the command does not take, after parsing
// them has failed. It is about the first option among them, or else the first
// argument, and suggests the option that may be meant.
std::string UnexpectedArgument(const CLI::App& program);

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_USAGE_ERRORS_H_
