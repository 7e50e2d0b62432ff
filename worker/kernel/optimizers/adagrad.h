#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_ADAGRAD_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_ADAGRAD_H_

#include "worker/kernel/optimizers/optimizer.h"
#include "worker/kernel/optimizers/weight_state.h"

namespace fathom::kernel {

// AdaGrad (Duchi, Hazan, Singer 2011), diagonal: with h = g + lambda w and
// s = s_0 at the start,
//   s <- s + h^2,  w <- w - eta h / (sqrt(s) + epsilon).
// Keeps one number per weight.
class AdaGrad final : public Optimizer {
 public:
  struct Options {
    double learning_rate;        // eta
    double weight_decay;         // lambda
    double epsilon;              // > 0
    double initial_accumulator;  // s_0
  };

  explicit AdaGrad(const Options& options)
      : options_(options), squares_(options.initial_accumulator) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;

 private:
  const Options options_;
  WeightState squares_;
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_ADAGRAD_H_
