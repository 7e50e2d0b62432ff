#include "worker/kernel/optimizers/gradient_descent.h"

#include "worker/kernel/vector_ops.h"

namespace fathom::kernel {

void GradientDescent::Update(int64_t /*first*/, const Gradient& gradient,
                             double* weights) {
  ActiveFactorKernels().gradient_descent(gradient, {keep_, rate_}, weights);
}

}  // namespace fathom::kernel
