#ifndef FATHOM_PROTO_SWEEP_LIMITS_H_
#define FATHOM_PROTO_SWEEP_LIMITS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace fathom {

// What is wrong with one value.
struct Objection {
  std::string found;     // "depth 0"
  std::string expected;  // "1 to 64"
};

// Returns what is wrong with `value` for the field at `path`, one of
// AxisFields(): its type, its range, or that it contradicts a repeated field of
// `trial`, such as a depth that does not go with the hidden widths.
std::optional<Objection> CheckValue(const v1::TrialSpec& trial,
                                    absl::string_view path,
                                    const v1::Value& value);

// Returns why nothing can be computed with `value` for the field at `path`, one
// of AxisFields(): its type, a number that is none, or fewer than none of
// something. Unlike the ranges of CheckValue, which a release may narrow, these
// bounds stay: specs that are stored are held to them alone.
std::optional<Objection> CheckComputable(absl::string_view path,
                                         const v1::Value& value);

// Whether the field at `path` may stay unset: it means "never" or "as it is"
// (or double, for precision), or belongs to another rule of the optimizer or
// another family of models.
bool MayStayUnset(absl::string_view path);

// Whether 0 in the numeric `field` of `message`, a part of a spec, is a value
// like any other, although the field cannot tell it from unset: a seed, or the
// first number of a range. Not where it means that nothing is given, as for
// `steps`, or that something else is, as for `hidden_width` beside
// `hidden_widths`.
bool MayBeZero(const google::protobuf::Message& message,
               const google::protobuf::FieldDescriptor& field);

// Returns the range of the numeric `field` of a part of a trial, as errors say
// it: "1 to 10^12". Empty for a field that has none.
std::string RangeText(const google::protobuf::FieldDescriptor& field);

// Returns the last part of a path: "depth".
absl::string_view LastPart(absl::string_view path);

// Returns `text`, which may come from anywhere, fit for an error message.
std::string Quotable(absl::string_view text);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_LIMITS_H_
