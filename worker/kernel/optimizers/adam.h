#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_ADAM_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_ADAM_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/optimizers/weight_state.h"

namespace fathom::kernel {

// Adam (Kingma, Ba 2015): with h = g + lambda w and m = s = 0 at the start, in
// step t = 1, 2, ...
//   m <- beta1 m + (1 - beta1) h,  s <- beta2 s + (1 - beta2) h^2,
//   w <- w - eta m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon).
// Keeps two numbers per weight.
class Adam final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta
    double weight_decay;   // lambda
    double beta1;
    double beta2;
    double epsilon;  // > 0
  };

  explicit Adam(const Options& options) : options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;

 private:
  const Options options_;
  double power1_ = 1;  // beta1^t
  double power2_ = 1;  // beta2^t
  WeightState means_;
  WeightState squares_;
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_ADAM_H_
