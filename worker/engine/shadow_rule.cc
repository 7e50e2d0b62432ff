#include "worker/engine/shadow_rule.h"

#include <cmath>

namespace fathom {

ShadowRule::ShadowRule(double order, const v1::OptimizerSpec& optimizer,
                       const Objective& objective, int64_t k, int64_t d,
                       int64_t stride)
    : order_(order),
      gradient_scale_(objective.gradient_scale),
      optimizer_(optimizer.learning_rate(), optimizer.weight_decay() * order),
      weight_memory_(kernel::AllocateAligned(k * stride)),
      gradient_memory_(kernel::AllocateAligned(k * stride)),
      weights_{weight_memory_.get(), k, d, stride},
      gradient_{gradient_memory_.get(), k, d, stride},
      errors_(k) {
  for (int64_t r = 0; r < k; ++r) {
    columns_.push_back({.weights = weights_.row(r),
                        .gradient = gradient_.row(r),
                        .error = &errors_[r],
                        .output = static_cast<int>(r),
                        .loss = objective.loss});
  }
}

void ShadowRule::WriteWeights(kernel::ConstMatrix lane_weights) {
  if (!rule_.has_value()) rule_.emplace(order_, lane_weights);
  rule_->WriteEndToEnd(weights_);
}

void ShadowRule::Update() {
  if (gradient_scale_ != 1) {
    for (int64_t i = 0; i < gradient_.rows * gradient_.stride; ++i) {
      gradient_.data[i] *= gradient_scale_;
    }
  }
  rule_->PullBack(gradient_);
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

}  // namespace fathom
