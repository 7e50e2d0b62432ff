#include "worker/kernel/gradient_descent.h"

namespace fathom::kernel {

void GradientDescent::Update(int64_t /*first*/, int64_t count,
                             const double* gradient, double* weights) {
  for (int64_t i = 0; i < count; ++i) {
    weights[i] = keep_ * weights[i] - rate_ * gradient[i];
  }
}

}  // namespace fathom::kernel
