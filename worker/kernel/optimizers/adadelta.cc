#include "worker/kernel/optimizers/adadelta.h"

#include "worker/kernel/vector_ops.h"

namespace fathom::kernel {

void AdaDelta::Update(int64_t first, const Gradient& gradient,
                      double* weights) {
  const auto [rate, decay, rho, epsilon] = options_;
  const int64_t count = gradient.rows * gradient.columns;
  ActiveFactorKernels().adadelta(gradient,
                                 {.rate = rate,
                                  .decay = decay,
                                  .rho = rho,
                                  .rest = 1 - rho,
                                  .epsilon = epsilon},
                                 weights, squares_.Range(first, count),
                                 moves_.Range(first, count));
}

}  // namespace fathom::kernel
