#include "worker/engine/objective.h"

#include "worker/kernel/portable_math.h"

namespace fathom {
namespace {

// Returns the l_p error of the map W = 0.
double ZeroMapError(const Problem& problem, int p) {
  double sum = 0;
  for (const double y : problem.y) sum += kernel::Power(y, p);
  return sum / static_cast<double>(problem.rows);
}

}  // namespace

absl::StatusOr<Objective> MakeObjective(const Problem& problem,
                                        const v1::LossSpec& loss) {
  const double p = loss.lp();
  const bool one = loss.factor() == v1::LOSS_FACTOR_ONE;
  Objective objective = {.loss = {.p = p},
                         .factor = one ? 1 : 1 / p,
                         .gradient_scale = one ? p : 1};
  objective.zero_map_loss =
      objective.factor * ZeroMapError(problem, static_cast<int>(p));
  return objective;
}

}  // namespace fathom
