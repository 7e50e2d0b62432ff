#include "proto/sweep/facts/optimizers.h"

namespace fathom {
namespace {

constexpr RuleField kRuleFields[] = {
    {v1::OPTIMIZER_NAME_MOMENTUM, "optimizer.momentum", 0.9},
    {v1::OPTIMIZER_NAME_NESTEROV, "optimizer.momentum", 0.9},
    {v1::OPTIMIZER_NAME_ADAGRAD, "optimizer.epsilon", 1e-10},
    {v1::OPTIMIZER_NAME_ADAGRAD, "optimizer.initial_accumulator", 0},
    {v1::OPTIMIZER_NAME_ADADELTA, "optimizer.rho", 0.95},
    {v1::OPTIMIZER_NAME_ADADELTA, "optimizer.epsilon", 1e-6},
    {v1::OPTIMIZER_NAME_RMSPROP, "optimizer.rho", 0.9},
    {v1::OPTIMIZER_NAME_RMSPROP, "optimizer.epsilon", 1e-8},
    {v1::OPTIMIZER_NAME_ADAM, "optimizer.beta1", 0.9},
    {v1::OPTIMIZER_NAME_ADAM, "optimizer.beta2", 0.999},
    {v1::OPTIMIZER_NAME_ADAM, "optimizer.epsilon", 1e-8},
};

}  // namespace

absl::Span<const RuleField> RuleFields() { return kRuleFields; }

bool IsRuleField(absl::string_view path) {
  for (const RuleField& field : kRuleFields) {
    if (path == field.path) return true;
  }
  return false;
}

bool UsesField(v1::OptimizerName rule, absl::string_view path) {
  for (const RuleField& field : kRuleFields) {
    if (rule == field.rule && path == field.path) return true;
  }
  return false;
}

}  // namespace fathom
