#ifndef FATHOM_PROTO_SWEEP_FACTS_OPTIMIZERS_H_
#define FATHOM_PROTO_SWEEP_FACTS_OPTIMIZERS_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// One row of the table of what the rules of the optimizer use of OptimizerSpec,
// beside what all of them use: a rule, a field, and its default there. What a
// rule costs and keeps is worker/engine's table.
struct RuleField {
  v1::OptimizerName rule = v1::OPTIMIZER_NAME_UNSPECIFIED;
  const char* path = "";  // "optimizer.momentum"
  // Trials of a sweep over rules have their defaults from here alone, so a
  // default never changes: the trials of stored sweeps would be others. A rule
  // with another default is another rule.
  double fallback = 0;
};

// Returns all rows.
absl::Span<const RuleField> RuleFields();

// Whether the field at `path` belongs to some rules of the optimizer only, such
// as "optimizer.momentum", and whether `rule` is one of them.
bool IsRuleField(absl::string_view path);
bool UsesField(v1::OptimizerName rule, absl::string_view path);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_OPTIMIZERS_H_
