#include "worker/kernel/optimizers/heavy_ball.h"

#include "worker/kernel/vector_ops.h"

namespace fathom::kernel {

void HeavyBall::Update(int64_t first, const Gradient& gradient,
                       double* weights) {
  const auto [rate, decay, momentum] = options_;
  ActiveFactorKernels().heavy_ball(
      gradient, {.rate = rate, .decay = decay, .momentum = momentum}, weights,
      velocity_.Range(first, gradient.rows * gradient.columns));
}

}  // namespace fathom::kernel
