#include "worker/kernel/optimizers/rmsprop.h"

#include "worker/kernel/vector_ops.h"

namespace fathom::kernel {

void RmsProp::Update(int64_t first, const Gradient& gradient, double* weights) {
  const auto [rate, decay, rho, epsilon] = options_;
  ActiveFactorKernels().rmsprop(
      gradient,
      {.rate = rate,
       .decay = decay,
       .rho = rho,
       .rest = 1 - rho,
       .epsilon = epsilon},
      weights, squares_.Range(first, gradient.rows * gradient.columns));
}

}  // namespace fathom::kernel
