#ifndef FATHOM_CLIENT_LOAD_CELLS_H_
#define FATHOM_CLIENT_LOAD_CELLS_H_

#include "absl/status/statusor.h"
#include "client/analysis/cells.h"
#include "client/analysis/trial_filter.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Answers a question of each group of a sweep, as `sweep.spec.summarize` says,
// in one or two passes over its curves. Memory is some hundred bytes per trial.
// Errors are those of AnalyzeSweep.
absl::StatusOr<CellTable> LoadCells(Connection& connection,
                                    const v1::Sweep& sweep,
                                    const CellQuestion& question,
                                    const TrialFilter& filter);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_CELLS_H_
