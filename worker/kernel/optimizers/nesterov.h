#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_NESTEROV_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_NESTEROV_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/optimizers/weight_state.h"

namespace fathom::kernel {

// Nesterov's accelerated gradient (1983) with constant momentum: with
// h = g + lambda w and v = 0 at the start,
//   v <- mu v + h,  w <- w - eta (h + mu v).
// That is x' = w - eta h, w' = x' + mu (x' - x): the weights are the points of
// extrapolation, where the gradient is taken. Keeps one number per weight.
class Nesterov final : public Optimizer {
 public:
  struct Options {
    double learning_rate;  // eta
    double weight_decay;   // lambda
    double momentum;       // mu
  };

  explicit Nesterov(const Options& options) : options_(options) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;

 private:
  const Options options_;
  WeightState velocity_;
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_NESTEROV_H_
