#include "worker/kernel/optimizers/adam.h"

#include <cmath>

#include "worker/kernel/vector_ops.h"

namespace fathom::kernel {

// The powers are products, as std::pow differs from machine to machine.
void Adam::Update(int64_t first, const Gradient& gradient, double* weights) {
  const auto [eta, decay, beta1, beta2, epsilon] = options_;
  if (first == 0) {
    power1_ *= beta1;
    power2_ *= beta2;
  }
  const int64_t count = gradient.rows * gradient.columns;
  ActiveFactorKernels().adam(gradient,
                             {.rate = eta / (1 - power1_),
                              .decay = decay,
                              .beta1 = beta1,
                              .rest1 = 1 - beta1,
                              .beta2 = beta2,
                              .rest2 = 1 - beta2,
                              .epsilon = epsilon,
                              .root_scale = 1 / std::sqrt(1 - power2_)},
                             weights, means_.Range(first, count),
                             squares_.Range(first, count));
}

}  // namespace fathom::kernel
