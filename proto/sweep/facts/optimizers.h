#ifndef FATHOM_PROTO_SWEEP_FACTS_OPTIMIZERS_H_
#define FATHOM_PROTO_SWEEP_FACTS_OPTIMIZERS_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// One row of the table of those fields of OptimizerSpec that only some rules
// use: a rule, a field that it uses, and the default of the field under this
// rule. What a rule costs, and which state it keeps for each weight, is in a
// table of worker/engine (optimizer_rules.cc).
struct RuleField {
  v1::OptimizerName rule = v1::OPTIMIZER_NAME_UNSPECIFIED;
  const char* path = "";  // Path of the field: "optimizer.momentum".
  // The default. It never changes, because the stored spec of a sweep over
  // rules does not contain it: a changed default would turn the trials of
  // stored sweeps into other trials. A rule with another default is a new rule.
  double fallback = 0;
};

// Returns all rows of the table.
absl::Span<const RuleField> RuleFields();

// IsRuleField says whether only some rules of the optimizer use the field at
// `path`, such as "optimizer.momentum"; UsesField says whether `rule` is one of
// those.
bool IsRuleField(absl::string_view path);
bool UsesField(v1::OptimizerName rule, absl::string_view path);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_OPTIMIZERS_H_
