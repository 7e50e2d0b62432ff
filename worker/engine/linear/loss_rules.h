#ifndef FATHOM_WORKER_ENGINE_LINEAR_LOSS_RULES_H_
#define FATHOM_WORKER_ENGINE_LINEAR_LOSS_RULES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/data/problem.h"
#include "worker/kernel/loss.h"

namespace fathom::worker {

// Describes how the engine of linear maps computes a loss. Which fields of its
// spec a loss uses, and what its targets are, is in the table of
// proto/sweep/facts/losses.cc.
struct LossRule {
  v1::LossKind kind;
  // Returns what the kernels average over the samples; this average is called
  // the error.
  kernel::Loss (*error)(const v1::LossSpec& spec);
  // The loss is factor * error, and dloss/dW is gradient_scale * gradient with
  // the gradient that a pass computes.
  double (*factor)(const v1::LossSpec& spec);
  double (*gradient_scale)(const v1::LossSpec& spec);
  // Returns the error of the map W = 0.
  double (*zero_map_error)(const Problem& problem, const v1::LossSpec& spec);
  // Returns the error of one sample with the predictions z and the targets y, k
  // numbers each, by the definition of the loss: for samples that no pass goes
  // through. The result is NaN or infinite where a prediction is.
  double (*sample_error)(const kernel::Loss& loss, const double* z,
                         const double* y, int64_t k);
  // Returns INVALID_ARGUMENT for targets on which the loss is not defined.
  // Costs a look at all targets.
  absl::Status (*check_targets)(const Problem& problem);
  // Returns the time that the loss takes per sample and output, as the number
  // of additional features (columns of X) that a pass would read in this time.
  double (*features)(const v1::LossSpec& spec, double outputs);
};

// Returns the rule of `kind`, or that of l_p when it is unspecified.
const LossRule& FindLossRule(v1::LossKind kind);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_LOSS_RULES_H_
