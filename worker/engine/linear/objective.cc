#include "worker/engine/linear/objective.h"

#include "proto/shared/status.h"
#include "worker/engine/linear/loss_rules.h"

namespace fathom::worker {

absl::StatusOr<Objective> MakeObjective(const Problem& problem,
                                        const v1::LossSpec& loss) {
  const LossRule& rule = FindLossRule(loss.kind());
  RETURN_IF_ERROR(rule.check_targets(problem));
  const double factor = rule.factor(loss);
  return Objective{.loss = rule.error(loss),
                   .factor = factor,
                   .gradient_scale = rule.gradient_scale(loss),
                   .zero_map_loss = factor * rule.zero_map_error(problem, loss),
                   .sample_error = rule.sample_error};
}

}  // namespace fathom::worker
