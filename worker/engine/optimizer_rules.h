#ifndef FATHOM_WORKER_ENGINE_OPTIMIZER_RULES_H_
#define FATHOM_WORKER_ENGINE_OPTIMIZER_RULES_H_

#include <memory>

#include "fathom/v1/sweep.pb.h"
#include "worker/kernel/optimizers/optimizer.h"

namespace fathom::worker {

// What the engine knows of an optimizer. Which fields of its spec it uses, and
// with which defaults, is a table in proto/sweep/facts/optimizers.cc.
struct OptimizerRule {
  v1::OptimizerName name;
  // Numbers that it keeps per weight, and flops of an update per weight: what
  // memory and time of a trial are reckoned with.
  int state_numbers;
  double update_flops;
  // Makes it for a normalized spec, with the weight decay that it is to apply.
  std::unique_ptr<kernel::Optimizer> (*make)(const v1::OptimizerSpec& spec,
                                             double weight_decay);
};

// Returns the rule of `name`; gradient descent, the default, where it is unset.
const OptimizerRule& FindOptimizerRule(v1::OptimizerName name);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_OPTIMIZER_RULES_H_
