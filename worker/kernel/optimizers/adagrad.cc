#include "worker/kernel/optimizers/adagrad.h"

#include "worker/kernel/vector_ops.h"

namespace fathom::kernel {

void AdaGrad::Update(int64_t first, const Gradient& gradient, double* weights) {
  ActiveFactorKernels().adagrad(
      gradient,
      {.rate = options_.learning_rate,
       .decay = options_.weight_decay,
       .epsilon = options_.epsilon},
      weights, squares_.Range(first, gradient.rows * gradient.columns));
}

}  // namespace fathom::kernel
