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

// Runs the end-to-end rule beside a lane, from the lane's start and with its
// learning rate, weight decay and objective; its matrix V has columns of its
// own in the data pass. V depends on nothing of the lane but these, and the run
// changes nothing in the lane.
//
// Not thread-safe.
class ShadowRule {
 public:
  // Prepares a run for k outputs and d features, with rows of `stride` numbers.
  ShadowRule(double order, const v1::OptimizerSpec& optimizer,
             const Objective& objective, int64_t k, int64_t d, int64_t stride);

  // Returns the columns for the data pass: the rows of V.
  const std::vector<kernel::Column>& columns() const {
    return evaluation_.columns();
  }

  // Computes V, as the data pass reads it. The first call starts V at
  // `lane_weights`; later calls do not read them.
  void WriteWeights(kernel::ConstMatrix lane_weights);

  // Sets the step size of the steps from now on.
  void SetLearningRate(double eta) { optimizer_.SetLearningRate(eta); }

  // Updates V by the gradient that the data pass has left.
  void Update();

  // Adds what the run keeps between two steps, after the first WriteWeights.
  void AddState(kernel::StateArrays* state) { rule_->AddState(state); }
  bool StateIsSound() const { return rule_->StateIsSound(); }

  // Returns |W - V|_F / |V|_F for the lane's W, or 0 where both are 0.
  double Deviation(kernel::ConstMatrix lane_weights) const;

 private:
  const double order_;
  kernel::GradientDescent optimizer_;
  // The trained rule; empty before the first call of WriteWeights.
  std::optional<kernel::EndToEndRule> rule_;
  kernel::AlignedDoubles weight_memory_;
  kernel::Matrix weights_;  // V
  Evaluation evaluation_;   // Errors and gradient of V.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_SHADOW_RULE_H_
