#ifndef FATHOM_WORKER_KERNEL_OPTIMIZERS_GRADIENT_DESCENT_H_
#define FATHOM_WORKER_KERNEL_OPTIMIZERS_GRADIENT_DESCENT_H_

#include "worker/kernel/optimizers/optimizer.h"

namespace fathom::kernel {

// w <- (1 - eta lambda) w - eta g, with learning rate eta and weight decay
// lambda.
class GradientDescent final : public Optimizer {
 public:
  GradientDescent(double learning_rate, double weight_decay)
      : rate_(learning_rate), keep_(1 - learning_rate * weight_decay) {}

  void Update(int64_t first, const Gradient& gradient,
              double* weights) override;

 private:
  const double rate_;
  const double keep_;
};

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMIZERS_GRADIENT_DESCENT_H_
