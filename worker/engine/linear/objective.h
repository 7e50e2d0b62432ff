#ifndef FATHOM_WORKER_ENGINE_LINEAR_OBJECTIVE_H_
#define FATHOM_WORKER_ENGINE_LINEAR_OBJECTIVE_H_

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/data/problem.h"
#include "worker/kernel/pass/pass.h"

namespace fathom::worker {

// Expresses the objective of a trial by what a pass computes:
//   loss = factor * error,  dloss/dW = gradient_scale * gradient.
struct Objective {
  kernel::Loss loss;
  double factor = 0.5;
  double gradient_scale = 1;
  double zero_map_loss = 0;  // Loss of W = 0.
  double optimum = 0;        // Least loss; set where a metric needs it.
  // The error of one sample, as LossRule::sample_error.
  double (*sample_error)(const kernel::Loss& loss, const double* z,
                         const double* y, int64_t k) = nullptr;
  // The precision in which the passes compute.
  kernel::Precision precision = kernel::Precision::kDouble;
};

// Makes the objective of a normalized, valid loss, for passes in double
// precision. INVALID_ARGUMENT for cross-entropy on targets that are not 0 or 1
// or, with several outputs, not one-hot, whether they are held out or not.
// Costs a look at all targets.
absl::StatusOr<Objective> MakeObjective(const Problem& problem,
                                        const v1::LossSpec& loss);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_OBJECTIVE_H_
