#ifndef FATHOM_PROTO_SWEEP_COMBINATIONS_H_
#define FATHOM_PROTO_SWEEP_COMBINATIONS_H_

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// A field that an answer about trials depends on, and whether the largest of
// its values, which are integers, is the only one that matters.
struct VariedField {
  const char* path;
  bool grows;
};

// Calls `visit` with a trial of `spec`, whose axes are valid, for every
// combination of values of `fields` until `visit` returns false. Where an axis
// over a field that grows is the only such axis of its group, the largest value
// stands for all of them, however long the axis is. Where more than 10^4
// combinations are left, `visit` is not called at all, as it would take long.
void ForEachCombination(const v1::SweepSpec& spec,
                        absl::Span<const VariedField> fields,
                        absl::FunctionRef<bool(const v1::TrialSpec&)> visit);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_COMBINATIONS_H_
