#ifndef FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_
#define FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "fathom/v1/sweep.pb.h"

namespace fathom::worker {

// Returns the steps at which a trial of `steps` updates is recorded, ascending
// and without repetition. They are step 0, the last step, the steps that the
// number of points and the spacing of `record` (normalized) place between these
// two, and the steps in its `at` up to the last. Logarithmic spacing is even in
// log(1 + step), rounded to the nearest step. The steps are the same on every
// machine.
std::vector<int64_t> RecordSteps(const v1::RecordSpec& record, int64_t steps);

// Returns the steps at which such a trial measures the metrics that have steps
// of their own (PointKind::kEvaluated), placed likewise.
std::vector<int64_t> EvaluateSteps(const v1::EvaluateSpec& evaluate,
                                   int64_t steps);

// Steps at which something is due, as a run that goes through its steps meets
// them.
class DueSteps {
 public:
  DueSteps() = default;
  // `steps` must ascend.
  explicit DueSteps(std::vector<int64_t> steps) : steps_(std::move(steps)) {}

  // Whether something is due at `step`, which must not be below the step of the
  // call before. A run may begin at any step.
  bool At(int64_t step) {
    while (next_ < steps_.size() && steps_[next_] < step) ++next_;
    return next_ < steps_.size() && steps_[next_] == step;
  }

 private:
  std::vector<int64_t> steps_;
  size_t next_ = 0;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_RECORD_SCHEDULE_H_
