#include "worker/kernel/optimum/newton.h"

#include <algorithm>
#include <cmath>

#include "worker/kernel/portable_math.h"

namespace fathom::worker::kernel {
namespace {

constexpr int kMaxSteps = 300;

// The part of the slope that a line search may leave.
constexpr double kFlatEnough = 0.3;
// Values with a smaller relative difference count as equal.
constexpr double kRounding = 1e-13;

}  // namespace

Newton::Newton(ConstMatrix x, int64_t width,
               const std::function<bool()>& keep_going)
    : x_(x),
      width_(width),
      keep_going_(keep_going),
      weights_(width * x.columns),
      z_(x.rows * width),
      dz_(z_.size()),
      derivative_(z_.size()),
      curvature_(x.rows * (width * (width + 1) / 2)),
      gradient_(weights_.size()),
      direction_(weights_.size()),
      hessian_(weights_.size() * weights_.size()) {}

absl::StatusOr<Newton::Outcome> Newton::Minimize(const SampleLoss& loss,
                                                 std::span<const double> offset,
                                                 const Goal& goal) {
  Outcome outcome;
  double last_gap = kInfinity;
  while (true) {
    Predict(weights_, z_);
    for (size_t i = 0; i < z_.size(); ++i) z_[i] += offset[i];
    outcome.value = Value(loss);
    if (!std::isfinite(outcome.value)) {
      return absl::InternalError("the objective is not finite");
    }
    loss.Derive(z_, derivative_, curvature_);
    PullBack();
    outcome.gap = outcome.value;
    const double wanted = goal.relative * outcome.value + goal.absolute;
    if (outcome.gap <= wanted) return outcome;

    if (absl::Status status = FactorHessian(loss); !status.ok()) return status;
    direction_ = gradient_;
    cholesky_.Solve(direction_.data());
    const double square = Dot(gradient_.data(), direction_.data(),
                              static_cast<int64_t>(gradient_.size()));
    outcome.gap = std::min(outcome.value, square / 2);
    const bool at_floor =
        outcome.gap <= goal.slack * wanted && outcome.gap > last_gap / 4;
    if (outcome.gap <= wanted || at_floor || outcome.steps == kMaxSteps) {
      return outcome;
    }
    last_gap = outcome.gap;

    for (double& entry : direction_) entry = -entry;
    Predict(direction_, dz_);
    const double t = LineSearch(loss, outcome.value, -square);
    if (t == 0) return outcome;
    for (size_t j = 0; j < weights_.size(); ++j) {
      weights_[j] += t * direction_[j];
    }
    ++outcome.steps;
  }
}

// Computes Z = X W^T.
void Newton::Predict(std::span<const double> weights,
                     std::span<double> z) const {
  const int64_t d = x_.columns;
  MultiplyTransposed(x_, {weights.data(), width_, d, d},
                     {z.data(), x_.rows, width_, width_});
}

// Computes the gradient by W, which is D^T X for the derivatives D by z.
void Newton::PullBack() {
  const int64_t d = x_.columns;
  TransposedProductRows({derivative_.data(), x_.rows, width_, width_}, x_, 0,
                        {gradient_.data(), width_, d, d});
}

// The block of outputs (a, b) of the Hessian is X^T diag(curvature_ab) X, which
// is itself symmetric.
absl::Status Newton::FactorHessian(const SampleLoss& loss) {
  if (factored_ && loss.is_quadratic()) return absl::OkStatus();
  const int64_t d = x_.columns;
  const int64_t n = width_ * d;
  const int64_t pairs = width_ * (width_ + 1) / 2;
  std::fill(hessian_.begin(), hessian_.end(), 0.0);
  std::vector<double> weights(kGramRows);
  for (int64_t first = 0; first < x_.rows; first += kGramRows) {
    const int64_t rows = std::min(kGramRows, x_.rows - first);
    int64_t pair = 0;
    for (int64_t a = 0; a < width_; ++a) {
      for (int64_t b = a; b < width_; ++b, ++pair) {
        if (!keep_going_()) return absl::CancelledError("cancelled");
        for (int64_t s = 0; s < rows; ++s) {
          weights[s] = curvature_[(first + s) * pairs + pair];
        }
        AddGram({x_.row(first), rows, d, x_.stride}, weights.data(),
                {hessian_.data() + a * d * n + b * d, d, d, n});
      }
    }
  }
  for (int64_t a = 0; a < width_; ++a) {
    for (int64_t b = a + 1; b < width_; ++b) {
      const Matrix block = {hessian_.data() + a * d * n + b * d, d, d, n};
      for (int64_t i = 0; i < d; ++i) {
        for (int64_t j = 0; j < i; ++j) block.row(i)[j] = block.row(j)[i];
      }
    }
  }
  // Rounding makes a negative curvature of about 2^-53 sqrt(n) to 2^-53 n.
  const double mu = 1e-15 * static_cast<double>(n);
  if (!cholesky_.Factor({hessian_.data(), n, n, n}, mu)) {
    return absl::InternalError("the curvature is not positive definite");
  }
  factored_ = true;
  return absl::OkStatus();
}

// Searches for a flat enough point along direction_. Because the loss is
// convex, the slope grows along the line: its zero is bracketed and then
// approached by interpolation. Returns 0 when no step goes down.
double Newton::LineSearch(const SampleLoss& loss, double value,
                          double slope) const {
  constexpr int kMaxTries = 60;
  constexpr double kLongest = 1e12;
  double low = 0, low_slope = slope;
  double high = kInfinity, high_slope = kInfinity;
  double t = 1;
  for (int i = 0; i < kMaxTries; ++i) {
    const SampleLoss::Slope here = loss.Along(z_, dz_, t);
    const bool finite = std::isfinite(here.value) && std::isfinite(here.slope);
    if (finite && std::fabs(here.slope) <= -kFlatEnough * slope &&
        here.value <= value * (1 + kRounding)) {
      return t;
    }
    if (finite && here.slope <= 0) {
      low = t;
      low_slope = here.slope;
    } else {
      high = t;
      high_slope = finite ? here.slope : kInfinity;
    }
    if (high == kInfinity) {
      if (t >= kLongest) break;
      t *= 2;
      continue;
    }
    if (low > 0 && high - low < 1e-3 * high) break;
    // Every other try halves the bracket. While no lower end is known the first
    // step may be much too long, and these tries shrink the bracket to an
    // eighth.
    double share = low == 0 ? 0.125 : 0.5;
    if (i % 2 == 0 && high_slope < kInfinity) {
      share = std::clamp(-low_slope / (high_slope - low_slope), 0.05, 0.95);
    }
    t = low + share * (high - low);
  }
  return low;
}

}  // namespace fathom::worker::kernel
