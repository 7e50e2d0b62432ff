#ifndef FATHOM_WORKER_ENGINE_OPTIMIZER_RULES_H_
#define FATHOM_WORKER_ENGINE_OPTIMIZER_RULES_H_

#include <memory>

#include "fathom/v1/sweep.pb.h"
#include "worker/kernel/optimizers/float_optimizer.h"
#include "worker/kernel/optimizers/optimizer.h"

namespace fathom::worker {

// Describes how engines make an optimizer and what it costs. Which fields of
// its spec an optimizer uses, and their defaults, are in the table of
// proto/sweep/facts/optimizers.cc.
struct OptimizerRule {
  v1::OptimizerName name;
  // Numbers of state that the optimizer keeps per weight, and the flops of its
  // update per weight. The memory and time of a trial are estimated with them.
  int state_numbers;
  double update_flops;
  // Makes the optimizer of a normalized spec. The optimizer applies
  // `weight_decay` instead of the weight decay in the spec.
  std::unique_ptr<kernel::Optimizer> (*make)(const v1::OptimizerSpec& spec,
                                             double weight_decay);
  // The same rule for weights in single precision.
  kernel::FloatRule float_rule;
};

// Returns the rule of `name`, or that of gradient descent, the default, when
// `name` is unspecified.
const OptimizerRule& FindOptimizerRule(v1::OptimizerName name);

// Returns the numbers of a normalized spec for weights in single precision.
kernel::FloatRuleOptions FloatOptions(const v1::OptimizerSpec& spec);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_OPTIMIZER_RULES_H_
