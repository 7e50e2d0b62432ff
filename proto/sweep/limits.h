#ifndef FATHOM_PROTO_SWEEP_LIMITS_H_
#define FATHOM_PROTO_SWEEP_LIMITS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace fathom {

// An objection to one value: what was found and what was expected.
struct Objection {
  std::string found;     // In words: "depth 0".
  std::string expected;  // In words: "1 to 64".
};

// Returns what is wrong with `value` for the field at `path`, one of
// AxisFields(), or nothing. A value may have the wrong type, be out of range,
// or contradict a repeated field of `trial`, as a depth that does not match the
// number of hidden widths does.
std::optional<Objection> CheckValue(const v1::TrialSpec& trial,
                                    absl::string_view path,
                                    const v1::Value& value);

// Returns why nothing can be computed with `value` for the field at `path`, one
// of AxisFields(), or nothing: the value has the wrong type, is not finite, or
// is below the least count that makes sense (0 rows). A release may narrow the
// ranges of CheckValue, but these bounds stay, and stored specs are held to
// these bounds alone.
std::optional<Objection> CheckComputable(absl::string_view path,
                                         const v1::Value& value);

// Whether the field at `path` may stay unset. Unset then means "never", "as it
// is" or, for precision, "double"; or the field belongs to another rule of the
// optimizer or another family of models.
bool MayStayUnset(absl::string_view path);

// Whether 0 in the numeric `field` of `message`, a part of a spec, is an
// ordinary value although the field cannot distinguish 0 from unset: a seed, or
// the first number of a range. False where 0 means that nothing is given, as
// for `steps`, or that another field applies, as for `hidden_width` beside
// `hidden_widths`.
bool MayBeZero(const google::protobuf::Message& message,
               const google::protobuf::FieldDescriptor& field);

// Returns the range of the numeric `field` of a part of a trial as errors word
// it: "1 to 10^12". Empty for a field without a range.
std::string RangeText(const google::protobuf::FieldDescriptor& field);

// Returns the last part of a path: "depth".
absl::string_view LastPart(absl::string_view path);

// Returns an excerpt of `text`, which may come from anyone, with escapes so
// that it is safe in an error message; two double quotes stand for an empty
// text.
std::string Quotable(absl::string_view text);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_LIMITS_H_
