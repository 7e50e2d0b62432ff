#ifndef FATHOM_WORKER_KERNEL_OPTIMUM_NEWTON_H_
#define FATHOM_WORKER_KERNEL_OPTIMUM_NEWTON_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/kernel/optimum/gram.h"
#include "worker/kernel/optimum/sample_loss.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// Minimizes losses of linear predictions z_i = W x_i + c_i over W (F x d) by
// Newton's method.
//
// Not thread-safe.
class Newton {
 public:
  // `x` (m x d) and `keep_going` must outlive this object. `width` is F.
  Newton(ConstMatrix x, int64_t width, const std::function<bool()>& keep_going);

  struct Goal {
    // The minimization stops at a gap of at most relative * value + absolute
    // or, when rounding ends its progress, of at most `slack` times that.
    double relative = 0;
    double absolute = 0;
    double slack = 1;
  };
  // The value that was reached, how far it may be above the least one, and the
  // number of steps.
  struct Outcome {
    double value = 0;
    double gap = 0;  // min(value, half the squared Newton decrement).
    int steps = 0;
  };
  // Minimizes `loss` from the current weights on. `offset` is c, (m x F).
  // CANCELLED once `keep_going` has returned false; INTERNAL when the objective
  // is not finite or its curvature not positive definite. A goal that is not
  // met is no error: see Outcome::gap.
  absl::StatusOr<Outcome> Minimize(const SampleLoss& loss,
                                   std::span<const double> offset,
                                   const Goal& goal);

  // Returns the value of `loss` at the weights at which Minimize ended.
  double Value(const SampleLoss& loss) const {
    return loss.Along(z_, z_, 0).value;
  }

  std::vector<double>& weights() { return weights_; }  // F x d, row by row.

 private:
  void Predict(std::span<const double> weights, std::span<double> z) const;
  void PullBack();
  absl::Status FactorHessian(const SampleLoss& loss);
  double LineSearch(const SampleLoss& loss, double value, double slope) const;

  const ConstMatrix x_;
  const int64_t width_;  // F
  const std::function<bool()>& keep_going_;
  std::vector<double> weights_;
  std::vector<double> z_;   // m x F
  std::vector<double> dz_;  // m x F
  // Derivatives by z, m x F.
  std::vector<double> derivative_;
  std::vector<double> curvature_;  // m x F (F + 1) / 2
  std::vector<double> gradient_;   // F x d
  std::vector<double> direction_;  // F x d
  std::vector<double> hessian_;    // F d x F d
  Cholesky cholesky_;
  // Whether the Hessian has been factored; that of a quadratic loss is factored
  // only once.
  bool factored_ = false;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMUM_NEWTON_H_
