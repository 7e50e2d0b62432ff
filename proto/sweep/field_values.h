#ifndef FATHOM_PROTO_SWEEP_FIELD_VALUES_H_
#define FATHOM_PROTO_SWEEP_FIELD_VALUES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// The values that a field takes in the trials of a sweep, as people write them.
struct FieldValues {
  // Index of the axis group that varies the field, -1 when no axis does.
  int group = -1;
  std::vector<std::string> texts;

  // Whether `text` is one of the values.
  bool Has(absl::string_view text) const;
};

// Returns the values of the field at `path`: those of its axis or, without an
// axis, the one of the base trial. An axis that is not a list gives no texts;
// axes over enums and flags are always lists.
FieldValues ValuesOf(const v1::SweepSpec& spec, absl::string_view path);

// Returns a value other than `allowed` that the field of `others` takes in some
// trial where the field of `values` is `text`; "" when there is none. Values of
// the same group go together position by position; values of different groups
// occur in all combinations.
std::string Companion(const FieldValues& values, absl::string_view text,
                      const FieldValues& others, absl::string_view allowed);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FIELD_VALUES_H_
