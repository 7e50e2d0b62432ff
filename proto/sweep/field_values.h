#ifndef FATHOM_PROTO_SWEEP_FIELD_VALUES_H_
#define FATHOM_PROTO_SWEEP_FIELD_VALUES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// The values of a field over the trials of a sweep, as people write them.
struct FieldValues {
  int group = -1;  // Of the axis; -1 for a field that is not varied.
  std::vector<std::string> texts;

  bool Has(absl::string_view text) const;
};

// Returns those of the field at `path`: of its axis, of which only a list is
// looked at (names and flags are always listed), or of the base trial.
FieldValues ValuesOf(const v1::SweepSpec& spec, absl::string_view path);

// Returns a value of `others` that is not `allowed` in a trial where `values`
// is `text`, or "".
std::string Companion(const FieldValues& values, absl::string_view text,
                      const FieldValues& others, absl::string_view allowed);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FIELD_VALUES_H_
