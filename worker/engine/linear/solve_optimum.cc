#include "worker/engine/linear/solve_optimum.h"

#include "proto/shared/status.h"
#include "worker/engine/linear/loss_rules.h"
#include "worker/kernel/optimum/optimum.h"

namespace fathom::worker {

absl::StatusOr<v1::Optimum> SolveOptimum(
    const Problem& problem, const v1::TrialSpec& trial,
    const std::function<bool()>& keep_going) {
  v1::Optimum optimum;
  *optimum.mutable_data() = trial.data();
  optimum.mutable_data()->clear_import();
  *optimum.mutable_loss() = trial.loss();
  if (trial.data().has_completion()) return optimum;

  const v1::LossSpec& loss = trial.loss();
  const LossRule& rule = FindLossRule(loss.kind());
  const int64_t m = problem.rows, d = problem.columns, k = problem.outputs;
  ASSIGN_OR_RETURN(const kernel::Optimum found,
                   kernel::FindOptimum({problem.x.data(), m, d, d},
                                       {problem.y.data(), m, k, k},
                                       rule.error(loss), keep_going));
  const double factor = rule.factor(loss);
  optimum.set_value(factor * found.value);
  optimum.set_gap(factor * found.gap);
  optimum.set_iterations(found.iterations);
  return optimum;
}

}  // namespace fathom::worker
