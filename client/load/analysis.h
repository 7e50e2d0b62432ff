#ifndef FATHOM_CLIENT_LOAD_ANALYSIS_H_
#define FATHOM_CLIENT_LOAD_ANALYSIS_H_

#include <cstdint>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/analysis/analysis.h"
#include "client/analysis/trial_filter.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Takes the share of an analysis that is done, from 0 to 1, and ends it when it
// returns an error.
using AnalysisProgress = absl::FunctionRef<absl::Status(double done)>;

// Analyses what the ledger has recorded of a sweep so far, as
// `sweep.spec.summarize` says, in one to three passes over its curves. Memory
// is some hundred bytes per trial. `last_step` cuts curves off after that step.
// `curves` asks for the curves of the rows, which pictures show; those of very
// many repetitions take far more memory. If `filter` is set, only the trials
// that it takes are part of anything.
//
// `progress` is told the share of the way, about, every few thousand curves.
//
// Errors are INVALID_ARGUMENT when there would be too many groups,
// FAILED_PRECONDITION for an unreadable sweep, those of `progress`, and those
// of Connection::ReadCurves and Connection::Query.
absl::StatusOr<SweepAnalysis> AnalyzeSweep(
    Connection& connection, const v1::Sweep& sweep, const RaceOptions& options,
    std::optional<int64_t> last_step, bool curves,
    const TrialFilter* filter = nullptr,
    AnalysisProgress progress = [](double) { return absl::OkStatus(); });

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_ANALYSIS_H_
