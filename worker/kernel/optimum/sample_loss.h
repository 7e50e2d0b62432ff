#ifndef FATHOM_WORKER_KERNEL_OPTIMUM_SAMPLE_LOSS_H_
#define FATHOM_WORKER_KERNEL_OPTIMUM_SAMPLE_LOSS_H_

#include <cstdint>
#include <span>
#include <vector>

// Convex losses as functions of the predictions, with two derivatives, for the
// solver of optimum.h. (Training takes its derivatives from the data pass.)
namespace fathom::worker::kernel {

// The mean over m samples of a smooth convex function >= 0 of the F numbers z_i
// that a linear map predicts for sample i. Predictions are stored sample by
// sample, (m x F). Sums run over the samples in order.
//
// Immutable, hence safe to share between threads.
class SampleLoss {
 public:
  virtual ~SampleLoss() = default;

  // Returns F, the number of predictions per sample.
  virtual int64_t width() const = 0;

  // Whether the curvature is the same for all z.
  virtual bool is_quadratic() const { return false; }

  // The mean loss at a point of a line, and its slope along the line.
  struct Slope {
    double value = 0;  // Mean loss; may be infinite or NaN far out.
    double slope = 0;  // Derivative along `direction`.
  };
  // Returns the mean loss and its slope at z + t direction.
  virtual Slope Along(std::span<const double> z,
                      std::span<const double> direction, double t) const = 0;

  // Writes d(mean loss)/dz to `gradient` (m x F), and the second derivatives by
  // z_ia and z_ib, a <= b, to `curvature` (m x F (F+1)/2): for each sample the
  // rows of the upper triangle, one after the other.
  virtual void Derive(std::span<const double> z, std::span<double> gradient,
                      std::span<double> curvature) const = 0;
};

// The mean of (r^2 + e^2)^(p/2) for the residual r and a real p > 1, with F =
// 1. With e = 0 this is |r|^p, and may be used for p >= 2 only. For p < 2
//   |r|^p <= (r^2 + e^2)^(p/2) <= |r|^p + e^p,
// and the curvature is bounded.
class LpLoss final : public SampleLoss {
 public:
  // p > 1 and e >= 0.
  LpLoss(double p, double e);

  int64_t width() const override { return 1; }
  bool is_quadratic() const override { return p_ == 2; }
  Slope Along(std::span<const double> z, std::span<const double> direction,
              double t) const override;
  void Derive(std::span<const double> z, std::span<double> gradient,
              std::span<double> curvature) const override;

 private:
  // Returns (r^2 + e^2)^((p - 2) / 2).
  double Factor(double r) const;

  const double p_;
  const double square_;  // e^2
  const int even_p_;     // p if it is even and e is 0, or else 0.
};

// The cross-entropy log sum_c exp(z_c) - z_label over F + 1 classes. The logit
// of class F is fixed at 0, because only differences of logits count. F = 1 is
// the logistic loss.
class CrossEntropyLoss final : public SampleLoss {
 public:
  // `labels` has the class of every sample, from 0 to `width`.
  CrossEntropyLoss(int64_t width, std::vector<int> labels);

  int64_t width() const override { return width_; }
  Slope Along(std::span<const double> z, std::span<const double> direction,
              double t) const override;
  void Derive(std::span<const double> z, std::span<double> gradient,
              std::span<double> curvature) const override;

 private:
  const int64_t width_;
  const std::vector<int> labels_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMUM_SAMPLE_LOSS_H_
