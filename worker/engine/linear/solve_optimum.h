#ifndef FATHOM_WORKER_ENGINE_LINEAR_SOLVE_OPTIMUM_H_
#define FATHOM_WORKER_ENGINE_LINEAR_SOLVE_OPTIMUM_H_

#include <functional>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"

namespace fathom::worker {

// Finds the least value that the loss of a normalized, valid trial takes over
// all linear maps on its prepared data; METRIC_EXCESS_LOSS is measured against
// it. The method, its accuracy, errors and cost are those of
// worker/kernel/optimum/optimum.h. The l_p loss of a matrix to complete has the
// optimum 0, because W may have any entries. CANCELLED once `keep_going` has
// returned false.
absl::StatusOr<v1::Optimum> SolveOptimum(
    const Problem& problem, const v1::TrialSpec& trial,
    const std::function<bool()>& keep_going);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_SOLVE_OPTIMUM_H_
