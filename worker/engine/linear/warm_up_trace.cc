#include "worker/engine/linear/warm_up_trace.h"

#include <cmath>
#include <limits>

#include "worker/kernel/portable_math.h"

namespace fathom::worker {
namespace {

// Returns log |x|: minus infinity for 0, and |x| itself where it is infinite or
// NaN, which kernel::Log does not take.
double LogMagnitude(double x) {
  const double size = std::fabs(x);
  if (size == 0) return -std::numeric_limits<double>::infinity();
  return std::isfinite(size) ? kernel::Log(size) : size;
}

}  // namespace

WarmUpTrace::WarmUpTrace(double learning_rate, kernel::ScalarProduct* product,
                         int64_t k, int64_t d)
    : rate_(learning_rate),
      product_(product),
      previous_(k * d),
      predicted_(k * d) {}

void WarmUpTrace::Observe(kernel::ConstMatrix w, kernel::ConstMatrix gradient) {
  double error_square = 0;   // |W_t - predicted|^2
  double update_square = 0;  // |W_t - W|^2
  for (int64_t i = 0; i < w.rows; ++i) {
    for (int64_t c = 0; c < w.columns; ++c) {
      const double error = w.row(i)[c] - predicted_[i * w.columns + c];
      const double update = w.row(i)[c] - previous_[i * w.columns + c];
      error_square += error * error;
      update_square += update * update;
    }
  }
  if (observed_ > 0) {
    growth_ += LogMagnitude(1 - gamma_);
    residual_ = error_square == 0
                    ? 0
                    : std::sqrt(error_square) / std::sqrt(update_square);
  }
  ++observed_;

  Predict(gradient);
  for (int64_t i = 0; i < w.rows; ++i) {
    for (int64_t c = 0; c < w.columns; ++c) {
      const double entry = w.row(i)[c];
      previous_[i * w.columns + c] = entry;
      predicted_[i * w.columns + c] =
          entry - rho_ * gradient.row(i)[c] - gamma_ * entry;
    }
  }
}

// rho and the residual are found anew in every step.
void WarmUpTrace::AddState(kernel::StateArrays* state) {
  state->doubles.emplace_back(&observed_, 1);
  state->doubles.emplace_back(&gamma_, 1);
  state->doubles.emplace_back(&growth_, 1);
  state->doubles.emplace_back(previous_);
  state->doubles.emplace_back(predicted_);
}

void WarmUpTrace::Predict(kernel::ConstMatrix gradient) {
  if (product_ == nullptr) {
    rho_ = rate_;
    return;
  }
  const kernel::ConstMatrix matrix = product_->matrix();
  double along = 0;  // <G, w>
  for (int64_t i = 0; i < gradient.rows; ++i) {
    along += kernel::Dot(gradient.row(i), matrix.row(i), gradient.columns);
  }
  const double omega = product_->scalar();
  rho_ = rate_ * (omega * omega);
  gamma_ = rate_ * along / omega;
}

}  // namespace fathom::worker
