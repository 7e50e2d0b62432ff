#include "worker/engine/linear/shadow_rule.h"

#include <cmath>

namespace fathom::worker {

ShadowRule::ShadowRule(double order, const v1::OptimizerSpec& optimizer,
                       const Objective& objective, int64_t k, int64_t d,
                       int64_t stride)
    : order_(order),
      optimizer_(optimizer.learning_rate(), optimizer.weight_decay() * order),
      weight_memory_(kernel::AllocateAligned(k * stride)),
      weights_{weight_memory_.get(), k, d, stride},
      evaluation_(weights_, objective) {}

void ShadowRule::WriteWeights(kernel::ConstMatrix lane_weights) {
  if (!rule_.has_value()) rule_.emplace(order_, lane_weights);
  rule_->WriteEndToEnd(weights_);
}

void ShadowRule::Update() {
  rule_->PullBack(evaluation_.ScaleGradient());
  rule_->Update(optimizer_);
}

double ShadowRule::Deviation(kernel::ConstMatrix lane_weights) const {
  double distance = 0;
  double size = 0;
  for (int64_t i = 0; i < weights_.rows; ++i) {
    for (int64_t c = 0; c < weights_.columns; ++c) {
      const double v = weights_.row(i)[c];
      const double gap = lane_weights.row(i)[c] - v;
      distance += gap * gap;
      size += v * v;
    }
  }
  return distance == 0 ? 0 : std::sqrt(distance) / std::sqrt(size);
}

}  // namespace fathom::worker
