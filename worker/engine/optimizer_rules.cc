#include "worker/engine/optimizer_rules.h"

#include <algorithm>
#include <iterator>

#include "worker/kernel/optimizers/optimizers.h"

namespace fathom::worker {
namespace {

using Made = std::unique_ptr<kernel::Optimizer>;
using Spec = v1::OptimizerSpec;

// The table has one row per value of the enum, in the order of the enum.
constexpr OptimizerRule kOptimizerRules[] = {
    {v1::OPTIMIZER_NAME_GD, 0, 4,
     [](const Spec& spec, double decay) -> Made {
       return std::make_unique<kernel::GradientDescent>(spec.learning_rate(),
                                                        decay);
     },
     kernel::FloatRule::kGradientDescent},
    {v1::OPTIMIZER_NAME_MOMENTUM, 1, 8,
     [](const Spec& spec, double decay) -> Made {
       return std::make_unique<kernel::HeavyBall>(
           kernel::HeavyBall::Options{.learning_rate = spec.learning_rate(),
                                      .weight_decay = decay,
                                      .momentum = spec.momentum()});
     },
     kernel::FloatRule::kHeavyBall},
    {v1::OPTIMIZER_NAME_NESTEROV, 1, 8,
     [](const Spec& spec, double decay) -> Made {
       return std::make_unique<kernel::Nesterov>(
           kernel::Nesterov::Options{.learning_rate = spec.learning_rate(),
                                     .weight_decay = decay,
                                     .momentum = spec.momentum()});
     },
     kernel::FloatRule::kNesterov},
    {v1::OPTIMIZER_NAME_ADAGRAD, 1, 24,
     [](const Spec& spec, double decay) -> Made {
       return std::make_unique<kernel::AdaGrad>(kernel::AdaGrad::Options{
           .learning_rate = spec.learning_rate(),
           .weight_decay = decay,
           .epsilon = spec.epsilon(),
           .initial_accumulator = spec.initial_accumulator()});
     },
     kernel::FloatRule::kAdaGrad},
    {v1::OPTIMIZER_NAME_ADADELTA, 2, 36,
     [](const Spec& spec, double decay) -> Made {
       return std::make_unique<kernel::AdaDelta>(
           kernel::AdaDelta::Options{.learning_rate = spec.learning_rate(),
                                     .weight_decay = decay,
                                     .rho = spec.rho(),
                                     .epsilon = spec.epsilon()});
     },
     kernel::FloatRule::kAdaDelta},
    {v1::OPTIMIZER_NAME_RMSPROP, 1, 24,
     [](const Spec& spec, double decay) -> Made {
       return std::make_unique<kernel::RmsProp>(
           kernel::RmsProp::Options{.learning_rate = spec.learning_rate(),
                                    .weight_decay = decay,
                                    .rho = spec.rho(),
                                    .epsilon = spec.epsilon()});
     },
     kernel::FloatRule::kRmsProp},
    {v1::OPTIMIZER_NAME_ADAM, 2, 36,
     [](const Spec& spec, double decay) -> Made {
       return std::make_unique<kernel::Adam>(
           kernel::Adam::Options{.learning_rate = spec.learning_rate(),
                                 .weight_decay = decay,
                                 .beta1 = spec.beta1(),
                                 .beta2 = spec.beta2(),
                                 .epsilon = spec.epsilon()});
     },
     kernel::FloatRule::kAdam},
};

// Whether every value of the enum but the unspecified one has exactly one row,
// in the order of the enum.
constexpr bool EveryOptimizerHasARow() {
  int number = 0;
  for (const OptimizerRule& rule : kOptimizerRules) {
    if (static_cast<int>(rule.name) != ++number) return false;
    if (static_cast<int>(rule.float_rule) == 0) return false;
  }
  return number == static_cast<int>(v1::OptimizerName_MAX);
}
static_assert(EveryOptimizerHasARow());

}  // namespace

const OptimizerRule& FindOptimizerRule(v1::OptimizerName name) {
  const int row = static_cast<int>(name) - 1;
  return kOptimizerRules[std::clamp<int>(row, 0,
                                         std::size(kOptimizerRules) - 1)];
}

kernel::FloatRuleOptions FloatOptions(const v1::OptimizerSpec& spec) {
  return {.rule = FindOptimizerRule(spec.name()).float_rule,
          .learning_rate = spec.learning_rate(),
          .weight_decay = spec.weight_decay(),
          .momentum = spec.momentum(),
          .beta1 = spec.beta1(),
          .beta2 = spec.beta2(),
          .rho = spec.rho(),
          .epsilon = spec.epsilon(),
          .initial_accumulator = spec.initial_accumulator()};
}

}  // namespace fathom::worker
