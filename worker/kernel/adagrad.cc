#include "worker/kernel/adagrad.h"

#include <cmath>

namespace fathom::kernel {

void AdaGrad::Update(int64_t first, int64_t count, const double* gradient,
                     double* weights) {
  const double rate = options_.learning_rate;
  const double decay = options_.weight_decay;
  const double epsilon = options_.epsilon;
  double* squares = squares_.Range(first, count);
  for (int64_t i = 0; i < count; ++i) {
    const double h = gradient[i] + decay * weights[i];
    squares[i] += h * h;
    weights[i] -= rate * (h / (std::sqrt(squares[i]) + epsilon));
  }
}

}  // namespace fathom::kernel
