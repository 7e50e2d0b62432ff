#include "worker/kernel/optimizers/nesterov.h"

#include "worker/kernel/vector_ops.h"

namespace fathom::kernel {

void Nesterov::Update(int64_t first, const Gradient& gradient,
                      double* weights) {
  const auto [rate, decay, momentum] = options_;
  ActiveFactorKernels().nesterov(
      gradient, {.rate = rate, .decay = decay, .momentum = momentum}, weights,
      velocity_.Range(first, gradient.rows * gradient.columns));
}

}  // namespace fathom::kernel
