#ifndef FATHOM_CLIENT_LOAD_ANALYSIS_H_
#define FATHOM_CLIENT_LOAD_ANALYSIS_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "client/analysis/analysis.h"
#include "client/analysis/trial_filter.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Analyses what the ledger has recorded of a sweep so far, as
// `sweep.spec.summarize` says, in one to three passes over its curves. Memory
// is some hundred bytes per trial. `last_step` cuts curves off after that step.
// `curves` asks for the curves of the rows, which pictures show; those of very
// many repetitions take far more memory. If `filter` is set, only the trials
// that it takes are part of anything.
//
// Errors are INVALID_ARGUMENT when there would be too many groups,
// FAILED_PRECONDITION for an unreadable sweep, and those of
// Connection::ReadCurves and Connection::Query.
absl::StatusOr<SweepAnalysis> AnalyzeSweep(Connection& connection,
                                           const v1::Sweep& sweep,
                                           const RaceOptions& options,
                                           std::optional<int64_t> last_step,
                                           bool curves,
                                           const TrialFilter* filter = nullptr);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_ANALYSIS_H_
