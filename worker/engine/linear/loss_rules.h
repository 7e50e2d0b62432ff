#ifndef FATHOM_WORKER_ENGINE_LINEAR_LOSS_RULES_H_
#define FATHOM_WORKER_ENGINE_LINEAR_LOSS_RULES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "fathom/v1/sweep.pb.h"
#include "worker/data/problem.h"
#include "worker/kernel/loss.h"

namespace fathom::worker {

// How the engine of linear maps computes a loss. Which fields of its spec it
// uses, and what its targets are, is a table in proto/sweep/facts/losses.cc.
struct LossRule {
  v1::LossKind kind;
  // What the kernels average over the samples, the error.
  kernel::Loss (*error)(const v1::LossSpec& spec);
  // With these, loss = factor * error and
  // dloss/dW = gradient_scale * gradient, where the gradient is the one that a
  // pass computes.
  double (*factor)(const v1::LossSpec& spec);
  double (*gradient_scale)(const v1::LossSpec& spec);
  // The error of the map W = 0.
  double (*zero_map_error)(const Problem& problem, const v1::LossSpec& spec);
  // The error of one sample with the predictions z and the targets y, k each:
  // the definition, for what no pass goes through. NaN or infinite where a
  // prediction is.
  double (*sample_error)(const kernel::Loss& loss, const double* z,
                         const double* y, int64_t k);
  // INVALID_ARGUMENT for targets that the loss is not defined on. Costs a look
  // at all targets.
  absl::Status (*check_targets)(const Problem& problem);
  // What it takes per sample and output, in features of data: what so many more
  // columns of X would take.
  double (*features)(const v1::LossSpec& spec, double outputs);
};

// Returns the rule of a kind, that of l_p where it is unset.
const LossRule& FindLossRule(v1::LossKind kind);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LINEAR_LOSS_RULES_H_
