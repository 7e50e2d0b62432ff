#include "worker/engine/linear/evaluation.h"

namespace fathom::worker {

Evaluation::Evaluation(kernel::ConstMatrix weights, const Objective& objective)
    : gradient_scale_(objective.gradient_scale),
      memory_(kernel::AllocateAligned(weights.rows * weights.stride)),
      gradient_{memory_.get(), weights.rows, weights.columns, weights.stride},
      errors_(weights.rows) {
  for (int64_t r = 0; r < weights.rows; ++r) {
    columns_.push_back({.weights = weights.row(r),
                        .gradient = gradient_.row(r),
                        .error = &errors_[r],
                        .output = static_cast<int>(r),
                        .loss = objective.loss,
                        .precision = objective.precision});
  }
}

double Evaluation::Error() const {
  double error = 0;
  for (const double part : errors_) error += part;
  return error;
}

kernel::Matrix Evaluation::ScaleGradient() {
  if (gradient_scale_ != 1) {
    for (int64_t i = 0; i < gradient_.rows * gradient_.stride; ++i) {
      gradient_.data[i] *= gradient_scale_;
    }
  }
  return gradient_;
}

}  // namespace fathom::worker
