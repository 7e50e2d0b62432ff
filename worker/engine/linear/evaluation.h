#ifndef FATHOM_WORKER_ENGINE_LINEAR_EVALUATION_H_
#define FATHOM_WORKER_ENGINE_LINEAR_EVALUATION_H_

#include <vector>

#include "worker/engine/linear/objective.h"
#include "worker/kernel/pass/pass.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker {

// The columns of one end-to-end matrix W for a pass, and room for what the pass
// leaves.
//
// Not thread-safe.
class Evaluation {
 public:
  Evaluation() = default;

  // Of `weights`, (k x d), rows padded as passes want them, which must stay in
  // place.
  Evaluation(kernel::ConstMatrix weights, const Objective& objective);

  // One per output.
  const std::vector<kernel::Column>& columns() const { return columns_; }

  // What the last pass found: the error, summed over the outputs.
  double Error() const;

  // Turns what the last pass left into dloss/dW and returns it. Once per pass.
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
