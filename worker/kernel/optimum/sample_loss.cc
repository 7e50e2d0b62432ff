#include "worker/kernel/optimum/sample_loss.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "worker/kernel/portable_math.h"

namespace fathom::worker::kernel {
namespace {

// Returns e^x for x <= 0.
double ExpBelow(double x) { return x < -740 ? 0 : Exp(x); }

// The class probabilities of one sample, stored as numerators over a common
// `sum_`.
class Softmax {
 public:
  explicit Softmax(int64_t width) : logits_(width + 1), terms_(width + 1) {}

  // Computes the probabilities at z + t direction, or at z when `direction` is
  // null.
  void Set(const double* z, const double* direction, double t) {
    const int64_t width = std::ssize(logits_) - 1;
    max_ = 0;
    for (int64_t a = 0; a < width; ++a) {
      logits_[a] = direction == nullptr ? z[a] : z[a] + t * direction[a];
      max_ = std::max(max_, logits_[a]);
    }
    logits_[width] = 0;
    sum_ = 0;
    for (int64_t a = 0; a <= width; ++a) {
      terms_[a] = ExpBelow(logits_[a] - max_);
      sum_ += terms_[a];
    }
  }

  double Loss(int label) const { return (max_ - logits_[label]) + Log(sum_); }
  double Probability(int64_t a) const { return terms_[a] / sum_; }
  // Returns 1 - Probability(a), without cancellation.
  double Rest(int64_t a) const {
    double rest = 0;
    for (int64_t c = 0; c < std::ssize(terms_); ++c) {
      if (c != a) rest += terms_[c];
    }
    return rest / sum_;
  }
  // Returns dLoss/dz_a.
  double Derivative(int64_t a, int label) const {
    return a == label ? -Rest(a) : Probability(a);
  }

 private:
  std::vector<double> logits_;
  std::vector<double> terms_;
  double max_ = 0;
  double sum_ = 0;
};

}  // namespace

LpLoss::LpLoss(double p, double e)
    : p_(p),
      square_(e * e),
      even_p_(e == 0 && std::fmod(p, 2) == 0 ? static_cast<int>(p) : 0) {}

double LpLoss::Factor(double r) const {
  if (p_ == 2) return 1;
  if (even_p_ != 0) return Power(r, even_p_ - 2);
  const double square = r * r + square_;
  if (!(square < kInfinity)) return square;  // Infinite or NaN.
  if (square == 0) return 0;  // Here r is 0, and so are its products.
  if (p_ > 2) return RealPower(square, (p_ - 2) / 2);
  return 1 / RealPower(square, (2 - p_) / 2);
}

SampleLoss::Slope LpLoss::Along(std::span<const double> z,
                                std::span<const double> direction,
                                double t) const {
  Slope sum;
  for (size_t i = 0; i < z.size(); ++i) {
    const double r = z[i] + t * direction[i];
    const double factor = Factor(r);
    sum.value += factor * (r * r + square_);
    sum.slope += factor * r * direction[i];
  }
  const auto m = static_cast<double>(z.size());
  return {sum.value / m, p_ * sum.slope / m};
}

void LpLoss::Derive(std::span<const double> z, std::span<double> gradient,
                    std::span<double> curvature) const {
  const double scale = p_ / static_cast<double>(z.size());
  for (size_t i = 0; i < z.size(); ++i) {
    const double r = z[i];
    const double factor = scale * Factor(r);
    const double square = r * r + square_;
    gradient[i] = factor * r;
    // For e = 0 both cases are (p - 1) factor.
    curvature[i] = square == 0
                       ? (p_ - 1) * factor
                       : factor * (((p_ - 1) * r * r + square_) / square);
  }
}

CrossEntropyLoss::CrossEntropyLoss(int64_t width, std::vector<int> labels)
    : width_(width), labels_(std::move(labels)) {}

SampleLoss::Slope CrossEntropyLoss::Along(std::span<const double> z,
                                          std::span<const double> direction,
                                          double t) const {
  Slope sum;
  Softmax softmax(width_);
  for (size_t i = 0; i < labels_.size(); ++i) {
    const double* along = direction.data() + i * width_;
    softmax.Set(z.data() + i * width_, along, t);
    sum.value += softmax.Loss(labels_[i]);
    for (int64_t a = 0; a < width_; ++a) {
      sum.slope += softmax.Derivative(a, labels_[i]) * along[a];
    }
  }
  const auto m = static_cast<double>(labels_.size());
  return {sum.value / m, sum.slope / m};
}

void CrossEntropyLoss::Derive(std::span<const double> z,
                              std::span<double> gradient,
                              std::span<double> curvature) const {
  const auto m = static_cast<double>(labels_.size());
  Softmax softmax(width_);
  double* to = curvature.data();
  for (size_t i = 0; i < labels_.size(); ++i) {
    softmax.Set(z.data() + i * width_, nullptr, 0);
    for (int64_t a = 0; a < width_; ++a) {
      const double p = softmax.Probability(a) / m;
      gradient[i * width_ + a] = softmax.Derivative(a, labels_[i]) / m;
      *to++ = p * softmax.Rest(a);
      for (int64_t b = a + 1; b < width_; ++b) {
        *to++ = -p * softmax.Probability(b);
      }
    }
  }
}

}  // namespace fathom::worker::kernel
