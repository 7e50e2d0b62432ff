#include "worker/kernel/nesterov.h"

namespace fathom::kernel {

void Nesterov::Update(int64_t first, int64_t count, const double* gradient,
                      double* weights) {
  const auto [rate, decay, momentum] = options_;
  double* velocity = velocity_.Range(first, count);
  for (int64_t i = 0; i < count; ++i) {
    const double h = gradient[i] + decay * weights[i];
    velocity[i] = momentum * velocity[i] + h;
    weights[i] -= rate * (h + momentum * velocity[i]);
  }
}

}  // namespace fathom::kernel
