#ifndef FATHOM_PROTO_SWEEP_COMBINATIONS_H_
#define FATHOM_PROTO_SWEEP_COMBINATIONS_H_

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// A field that an answer about trials depends on, and whether of several values
// the largest is the only one that matters.
struct VariedField {
  const char* path;
  bool grows;
};

// Calls `visit` with trials of `spec`, whose axes are valid, that differ in
// `fields`, one of each combination of their values, until it returns false.
// Not at all when there are more than 10^4; an axis that is as long by itself
// is left out, and its field is that of the base trial.
void ForEachCombination(const v1::SweepSpec& spec,
                        absl::Span<const VariedField> fields,
                        absl::FunctionRef<bool(const v1::TrialSpec&)> visit);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_COMBINATIONS_H_
