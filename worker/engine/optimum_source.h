#ifndef FATHOM_WORKER_ENGINE_OPTIMUM_SOURCE_H_
#define FATHOM_WORKER_ENGINE_OPTIMUM_SOURCE_H_

#include <functional>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"

// Where METRIC_EXCESS_LOSS gets its optimum from.
namespace fathom::worker {

// Knows, or finds, the least values of losses.
class OptimumSource {
 public:
  virtual ~OptimumSource() = default;

  // Returns the least value that the loss of `trial`, with its factor, takes
  // over all linear maps on `problem`, the prepared data of the trial. The same
  // bits as SolveOptimum. CANCELLED once `keep_going` has returned false;
  // otherwise an error of SolveOptimum. May take minutes.
  virtual absl::StatusOr<double> Find(
      const Problem& problem, const v1::TrialSpec& trial,
      const std::function<bool()>& keep_going) = 0;
};

// Finds the optimum of a normalized, valid trial's loss on its data: see
// worker/kernel/optimum/optimum.h for how, to which accuracy, with which errors
// and at which cost. The l_p loss of completion data has the optimum 0: a
// matrix may have any entries.
absl::StatusOr<v1::Optimum> SolveOptimum(
    const Problem& problem, const v1::TrialSpec& trial,
    const std::function<bool()>& keep_going);

// Finds every optimum itself, every time that it is asked.
class SolvingSource final : public OptimumSource {
 public:
  absl::StatusOr<double> Find(const Problem& problem,
                              const v1::TrialSpec& trial,
                              const std::function<bool()>& keep_going) override;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_OPTIMUM_SOURCE_H_
