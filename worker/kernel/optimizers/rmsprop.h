#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_RMSPROP_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_RMSPROP_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/optimizers/weight_state.h"

namespace fathom::kernel {

// RMSProp (Tieleman, Hinton 2012): with h = g + lambda w and s = 0 at the
// start,
//   s <- rho s + (1 - rho) h^2,  w <- w - eta h / (sqrt(s) + epsilon).
// Keeps one number per weight.
class RmsProp final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta
    double weight_decay;   // lambda
    double rho;
    double epsilon;  // > 0
  };

  explicit RmsProp(const Options& options) : options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;

 private:
  const Options options_;
  WeightState squares_;
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_RMSPROP_H_
