#include "worker/kernel/models/end_to_end_rule.h"

#include <algorithm>
#include <cmath>

namespace fathom::worker::kernel {

EndToEndRule::EndToEndRule(double order, ConstMatrix start)
    : order_(order),
      k_(start.rows),
      d_(start.columns),
      weights_(k_ * d_),
      step_(order == 1 ? 0 : k_ * d_),
      preconditioner_(order, k_, d_) {
  for (int64_t i = 0; i < k_; ++i) {
    std::copy_n(start.row(i), d_, weights().row(i));
  }
}

ConstMatrix EndToEndRule::step() const {
  return order_ == 1 ? gradient_ : ConstMatrix{step_.data(), k_, d_, d_};
}

void EndToEndRule::WriteEndToEnd(Matrix w) {
  for (int64_t i = 0; i < k_; ++i) {
    std::copy_n(weights().row(i), d_, w.row(i));
  }
}

void EndToEndRule::PullBack(ConstMatrix gradient) {
  gradient_ = gradient;
  if (order_ == 1) return;
  preconditioner_.Apply(weights(), gradient, {step_.data(), k_, d_, d_});
}

void EndToEndRule::Update(Optimizer& optimizer) {
  for (int64_t i = 0; i < k_; ++i) {
    optimizer.Update(i * d_, WrittenGradient(step().row(i), d_),
                     weights().row(i));
  }
}

double EndToEndRule::GradientNorm() {
  double square = 0;
  for (int64_t i = 0; i < k_; ++i) {
    square += Dot(gradient_.row(i), step().row(i), d_);
  }
  // P_W is positive semidefinite, but rounding can make the sum negative. The
  // comparison keeps NaN.
  return std::sqrt(square < 0 ? 0 : square);
}

void EndToEndRule::AddState(StateArrays* state) {
  state->doubles.emplace_back(weights_);
  preconditioner_.AddState(state);
}

}  // namespace fathom::worker::kernel
