#ifndef FATHOM_WORKER_ENGINE_LINEAR_SHADOW_RULE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_SHADOW_RULE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "fathom/v1/sweep.pb.h"
#include "worker/engine/linear/evaluation.h"
#include "worker/engine/linear/objective.h"
#include "worker/kernel/models/end_to_end_rule.h"
#include "worker/kernel/optimizers/optimizers.h"

namespace fathom::worker {

// A run of the end-to-end rule beside a lane, from the lane's start and with
// its learning rate, weight decay and objective, with columns of its own in the
// data pass. It reads nothing of the lane but the start and changes nothing.
//
// Not thread-safe.
class ShadowRule {
 public:
  // For k outputs and d features in rows of `stride`.
  ShadowRule(double order, const v1::OptimizerSpec& optimizer,
             const Objective& objective, int64_t k, int64_t d, int64_t stride);

  // The rows of V, where the data pass reads them and leaves its results.
  const std::vector<kernel::Column>& columns() const {
    return evaluation_.columns();
  }

  // Writes V for the data pass. The first call starts at `lane_weights`.
  void WriteWeights(kernel::ConstMatrix lane_weights);

  // Sets the step size of the steps from now on.
  void SetLearningRate(double eta) { optimizer_.SetLearningRate(eta); }

  // Takes a step, from what the data pass has left.
  void Update();

  // |W - V|_F / |V|_F for the lane's W; 0 where both are 0.
  double Deviation(kernel::ConstMatrix lane_weights) const;

 private:
  const double order_;
  kernel::GradientDescent optimizer_;
  std::optional<kernel::EndToEndRule> rule_;  // From the first weights on.
  kernel::AlignedDoubles weight_memory_;
  kernel::Matrix weights_;  // V
  Evaluation evaluation_;   // Of V.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_SHADOW_RULE_H_
