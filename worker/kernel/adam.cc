#include "worker/kernel/adam.h"

#include <cmath>

namespace fathom::kernel {

// The powers are products, as std::pow differs from machine to machine.
void Adam::Update(int64_t first, int64_t count, const double* gradient,
                  double* weights) {
  const auto [eta, decay, beta1, beta2, epsilon] = options_;
  if (first == 0) {
    power1_ *= beta1;
    power2_ *= beta2;
  }
  const double rate = eta / (1 - power1_);
  const double root_scale = 1 / std::sqrt(1 - power2_);
  const double rest1 = 1 - beta1;
  const double rest2 = 1 - beta2;
  double* means = means_.Range(first, count);
  double* squares = squares_.Range(first, count);
  for (int64_t i = 0; i < count; ++i) {
    const double h = gradient[i] + decay * weights[i];
    means[i] = beta1 * means[i] + rest1 * h;
    squares[i] = beta2 * squares[i] + rest2 * (h * h);
    weights[i] -=
        rate * (means[i] / (std::sqrt(squares[i]) * root_scale + epsilon));
  }
}

}  // namespace fathom::kernel
