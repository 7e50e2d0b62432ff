#ifndef FATHOM_PROTO_SWEEP_FIELDS_H_
#define FATHOM_PROTO_SWEEP_FIELDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

// The scalar fields of a TrialSpec by name: what an axis can vary. One field
// that holds several texts is among them, `data.import.target`; there a value
// is its only text.
namespace fathom {

// Returns the paths of all fields that can be an axis, such as
// "optimizer.learning_rate", in the order of the proto.
const std::vector<std::string>& AxisFields();

// Returns the full path that `name` means: a full path, or the end of exactly
// one, such as "learning_rate" or "init.std", or "optimizer", which means
// "optimizer.name". A full path wins: "seed" is the seed of the trial, although
// "data.synthetic.seed" ends so, too. Then fields of the first release win:
// what was unique then means what it meant; see field_names.h. INVALID_ARGUMENT
// with a "did you mean" otherwise.
absl::StatusOr<std::string> ResolveAxisField(absl::string_view name);

// Returns what specs, JSON, SQL and tables call the field at `path`: its name
// in the table of field_names.cc, or, for one that is newer, the shortest end
// that ResolveAxisField turns into `path`. "learning_rate", but "optimizer" for
// "optimizer.name". The seed of the trial is "seed"; that of the data
// "data.synthetic.seed" is "synthetic.seed". Only for people and for what they
// read: within the program a path names a field.
std::string ShortFieldName(absl::string_view path);

// Returns what an axis may be called, for an error about `name`: "a scalar
// field of the trial; did you mean depth?".
std::string AxisFieldHint(absl::string_view name);

// Returns `value` in the type of the field at `path`: an integer for an integer
// field, a number for a floating-point field. INVALID_ARGUMENT when there is no
// such field, the value has another type, or does not fit.
absl::StatusOr<v1::Value> CoerceValue(absl::string_view path,
                                      const v1::Value& value);

// Returns the field at the end of `path`, one of AxisFields().
const google::protobuf::FieldDescriptor& FieldAt(absl::string_view path);

// Whether the field at `path` holds integers, and what it holds in words: "an
// integer", "one of gaussian, balanced, identity". `path` must be one of
// AxisFields().
bool IsIntegerField(absl::string_view path);
std::string FieldTypeText(absl::string_view path);

// Whether the field at `path`, one of AxisFields(), is set. A field without
// explicit presence counts as set when it is not zero.
bool HasField(const v1::TrialSpec& trial, absl::string_view path);

// Unsets the field at `path`, one of AxisFields().
void ClearField(absl::string_view path, v1::TrialSpec* trial);

// Whether the field at `path`, one of AxisFields(), tells unset from zero.
bool HasPresence(absl::string_view path);

// Sets the field at `path` to `value`. INVALID_ARGUMENT when there is no such
// field, the value has another type, or does not fit.
absl::Status SetField(absl::string_view path, const v1::Value& value,
                      v1::TrialSpec* trial);

// Returns the value of the field at `path`, which must be one of AxisFields().
// An unsigned integer above 2^63 - 1 comes back as a number.
v1::Value GetField(const v1::TrialSpec& trial, absl::string_view path);

// Returns `value` as people write it: 0.001, 3, gaussian, true.
std::string ValueText(const v1::Value& value);

// Returns `number` in the fewest digits that read back as the same double.
std::string NumberText(double number);

// Returns the lower-case name of an enum value without the prefix of its type:
// "one_over_p" for LOSS_FACTOR_ONE_OVER_P.
std::string EnumText(const google::protobuf::EnumValueDescriptor& value);

// Returns the entry of `known` that `word` may be meant for: one that is called
// so elsewhere, learning_rate for "lr"; else the nearest by edits of single
// letters and swaps of neighbours, or "" when none is near.
std::string NearestName(absl::string_view word,
                        absl::Span<const std::string> known);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FIELDS_H_
