#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_ADADELTA_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_ADADELTA_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/optimizers/weight_state.h"

namespace fathom::kernel {

// AdaDelta (Zeiler 2012): with h = g + lambda w and s = u = 0 at the start,
//   s <- rho s + (1 - rho) h^2,
//   delta = sqrt(u + epsilon) / sqrt(s + epsilon) h,
//   u <- rho u + (1 - rho) delta^2,  w <- w - eta delta.
// Zeiler's own rule has eta = 1. Keeps two numbers per weight.
class AdaDelta final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta
    double weight_decay;   // lambda
    double rho;
    double epsilon;  // > 0
  };

  explicit AdaDelta(const Options& options) : options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;

 private:
  const Options options_;
  WeightState squares_;  // s
  WeightState moves_;    // u
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_ADADELTA_H_
