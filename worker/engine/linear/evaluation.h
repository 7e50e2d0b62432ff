#ifndef FATHOM_WORKER_ENGINE_LINEAR_EVALUATION_H_
#define FATHOM_WORKER_ENGINE_LINEAR_EVALUATION_H_

#include <vector>

#include "worker/engine/linear/objective.h"
#include "worker/kernel/pass/pass.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker {

// Presents one end-to-end matrix W to data passes: as one column per output,
// with memory for the errors and the gradient that a pass computes.
//
// Not thread-safe.
class Evaluation {
 public:
  Evaluation() = default;

  // Presents `weights` (k x d), whose rows are padded as passes need them and
  // must stay at their place in memory.
  Evaluation(kernel::ConstMatrix weights, const Objective& objective);

  // The columns for a pass, one per output.
  const std::vector<kernel::Column>& columns() const { return columns_; }

  // Returns the error that the last pass computed, summed over the outputs.
  double Error() const;

  // Scales the gradient that the last pass computed to dloss/dW, in place, and
  // returns it. Call it at most once per pass.
  kernel::Matrix ScaleGradient();
  kernel::Matrix gradient() const { return gradient_; }

 private:
  double gradient_scale_ = 1;
  kernel::AlignedDoubles memory_;
  kernel::Matrix gradient_;
  std::vector<double> errors_;
  std::vector<kernel::Column> columns_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_EVALUATION_H_
