#ifndef FATHOM_CLIENT_COMMANDS_WHERE_H_
#define FATHOM_CLIENT_COMMANDS_WHERE_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "client/analysis/trial_filter.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Adds --where, which may be repeated, to a command.
CLI::Option* AddWhere(CLI::App* command, std::vector<std::string>* conditions);

// Returns the trials that meet all conditions. Each is "AXIS=VALUE,VALUE,...",
// with values as they are shown or typed, and for numbers "AXIS=LOW..HIGH",
// both included, where one end may be left out. INVALID_ARGUMENT, beginning
// with `option`, for a condition of another form, an axis or a value that the
// sweep does not have, with those that it has, and when no trial is left.
absl::StatusOr<TrialFilter> ReadWhere(
    const v1::SweepSpec& spec, const std::vector<std::string>& conditions,
    const char* option = "--where");

// Returns the path of the axis of that name. INVALID_ARGUMENT, beginning with
// `option`, where the sweep has none, with those that it has.
absl::StatusOr<std::string> FindAxisPath(const v1::SweepSpec& spec,
                                         const std::string& name,
                                         const char* option);

// Returns the conditions as an option repeats them: " --where depth=1,2"; ""
// without any.
std::string WhereText(const std::vector<std::string>& conditions);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_WHERE_H_
