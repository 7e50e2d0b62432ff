#include "worker/kernel/adadelta.h"

#include <cmath>

namespace fathom::kernel {

void AdaDelta::Update(int64_t first, int64_t count, const double* gradient,
                      double* weights) {
  const auto [rate, decay, rho, epsilon] = options_;
  const double rest = 1 - rho;
  double* squares = squares_.Range(first, count);
  double* moves = moves_.Range(first, count);
  for (int64_t i = 0; i < count; ++i) {
    const double h = gradient[i] + decay * weights[i];
    squares[i] = rho * squares[i] + rest * (h * h);
    const double delta =
        std::sqrt(moves[i] + epsilon) / std::sqrt(squares[i] + epsilon) * h;
    moves[i] = rho * moves[i] + rest * (delta * delta);
    weights[i] -= rate * delta;
  }
}

}  // namespace fathom::kernel
