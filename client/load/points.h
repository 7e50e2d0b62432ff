#ifndef FATHOM_CLIENT_LOAD_POINTS_H_
#define FATHOM_CLIENT_LOAD_POINTS_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/analysis/curves.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

// What summaries read of the ledger, through the views `results` and
// `metric_points`. All return INVALID_ARGUMENT when there is too much to read,
// and the errors of Connection::Query.
namespace fathom {

// Calls `consume` for each row of the answer.
absl::Status ForEachRow(Connection& connection, const std::string& sql,
                        absl::FunctionRef<void(const v1::QueryRow&)> consume);

// Loads the finite values of the metric at `steps`, by trial and step.
absl::StatusOr<std::vector<Observation>> LoadAtSteps(
    Connection& connection, const v1::Sweep& sweep, v1::Metric metric,
    absl::Span<const int64_t> steps);

// Loads the last observation of each trial that a rule stopped before
// `last_step`.
absl::StatusOr<std::vector<Observation>> LoadStopped(Connection& connection,
                                                     const v1::Sweep& sweep,
                                                     v1::Metric metric,
                                                     int64_t last_step);

// Loads the curves of some trials.
using TrialCurves = absl::flat_hash_map<int64_t, std::vector<Observation>>;
absl::StatusOr<TrialCurves> LoadTrialCurves(Connection& connection,
                                            const v1::Sweep& sweep,
                                            v1::Metric metric,
                                            const std::set<int64_t>& trials);

// Calls `load` with "trial IN (...)" for all trials, some at a time.
absl::Status InPieces(const std::set<int64_t>& trials,
                      absl::FunctionRef<absl::Status(const std::string&)> load);

}  // namespace fathom

#endif  // FATHOM_CLIENT_LOAD_POINTS_H_
