#include "worker/engine/objective.h"

#include "worker/kernel/portable_math.h"

namespace fathom {

Objective MakeObjective(const v1::LossSpec& loss) {
  const double p = loss.lp();
  if (loss.factor() == v1::LOSS_FACTOR_ONE) {
    return {.p = static_cast<int>(p), .factor = 1, .gradient_scale = p};
  }
  return {.p = static_cast<int>(p), .factor = 1 / p, .gradient_scale = 1};
}

double ZeroMapError(const Problem& problem, int p) {
  double sum = 0;
  for (const double y : problem.y) sum += kernel::Power(y, p);
  return sum / static_cast<double>(problem.rows);
}

}  // namespace fathom
