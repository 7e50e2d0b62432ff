#ifndef FATHOM_CLIENT_COMMANDS_QUESTION_H_
#define FATHOM_CLIENT_COMMANDS_QUESTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/analysis.h"
#include "client/commands/invocation.h"
#include "client/connection.h"
#include "client/load/plan.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Returns the sweep with `question` in place of what its spec says of the
// summary; see PlanOf(). The rest of the spec stays as it is stored. Errors are
// those of FindSweep, and INVALID_ARGUMENT for a question that the sweep cannot
// answer.
absl::StatusOr<v1::Sweep> FindSweepFor(const AnalysisQuestion& question,
                                       const QuestionOptions& options,
                                       const std::string& sweep,
                                       Connection& connection);

// Returns the metric of that name, or an error about `option`.
absl::StatusOr<v1::Metric> ReadMetric(const char* option,
                                      const std::string& name);

// Adds an option that takes names of axes, as in `--by lp,depth`, and may be
// repeated.
CLI::Option* AddAxes(CLI::App* command, const char* name, const char* help,
                     std::vector<std::string>* axes);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_QUESTION_H_
