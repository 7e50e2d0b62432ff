#include "worker/engine/engine.h"

#include "proto/shared/status.h"

namespace fathom::worker {

DataShape ShapeOf(const Problem& problem) {
  return {problem.rows, problem.columns, problem.outputs};
}

absl::StatusOr<double> BundleObserver::FindOptimum(
    const v1::TrialSpec& /*trial*/,
    absl::FunctionRef<absl::StatusOr<v1::Optimum>()> solve,
    const std::function<bool()>& /*keep_going*/) {
  ASSIGN_OR_RETURN(const v1::Optimum optimum, solve());
  return optimum.value();
}

}  // namespace fathom::worker
