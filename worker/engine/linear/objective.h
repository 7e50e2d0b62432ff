#ifndef FATHOM_WORKER_ENGINE_LINEAR_OBJECTIVE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_OBJECTIVE_H_

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/data/problem.h"
#include "worker/kernel/pass/pass.h"

namespace fathom::worker {

// The objective of a trial in terms of what a pass of a precision computes:
//   loss = factor * error,  dloss/dW = gradient_scale * gradient.
struct Objective {
  kernel::Loss loss;
  double factor = 0.5;
  double gradient_scale = 1;
  double zero_map_loss = 0;  // That of W = 0.
  double optimum = 0;        // Least loss; only where a metric needs it.
  double (*sample_error)(const kernel::Loss& loss, const double* z,
                         const double* y, int64_t k) = nullptr;  // As LossRule.
  kernel::Precision precision = kernel::Precision::kDouble;  // Of the passes.
};

// For double precision. Takes a normalized, valid loss. INVALID_ARGUMENT for
// cross-entropy on targets that are not 0 and 1 (one output), or not one-hot
// (several), held out or not. Costs a look at all targets.
absl::StatusOr<Objective> MakeObjective(const Problem& problem,
                                        const v1::LossSpec& loss);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_OBJECTIVE_H_
