#ifndef FATHOM_PROTO_SWEEP_FIELDS_H_
#define FATHOM_PROTO_SWEEP_FIELDS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

// Access by name to the scalar fields of a TrialSpec, which are what an axis
// can vary. One repeated field is among them, `data.import.target`, a list of
// texts: as a value it stands for a list of a single text.
namespace fathom {

// Returns the paths of all fields that can be an axis, such as
// "optimizer.learning_rate", in the order of the proto.
const std::vector<std::string>& AxisFields();

// Returns the full path that `name` means. `name` may be a full path; the end
// of exactly one path, such as "learning_rate" or "init.std"; or a short name
// of its own, as "optimizer" for "optimizer.name". A full path takes
// precedence: "seed" is the seed of the trial, although "data.synthetic.seed"
// has the same end. Fields of the first release come next, so that a name that
// was unique then keeps its meaning; see field_names.h. Any other name is
// INVALID_ARGUMENT with a "did you mean".
absl::StatusOr<std::string> ResolveAxisField(absl::string_view name);

// Returns the short name of the field at `path`, which specs, JSON, SQL and
// tables show: its name in the table of field_names.cc or, for a newer field,
// the shortest end that ResolveAxisField turns into `path`. Examples:
// "learning_rate"; "optimizer" for "optimizer.name"; "seed" for the seed of the
// trial and "synthetic.seed" for "data.synthetic.seed". Short names are for
// people only: within the program, fields are identified by their paths.
std::string ShortFieldName(absl::string_view path);

// Returns what was expected instead of the unknown field `name`, as the end of
// an error message: "a scalar field of the trial; did you mean depth?".
std::string AxisFieldHint(absl::string_view name);

// Returns `value` converted to the type of the field at `path`: an integer for
// an integer field, a number for a floating-point field. INVALID_ARGUMENT when
// there is no such field, or when the value has another type or does not fit
// into the field.
absl::StatusOr<v1::Value> CoerceValue(absl::string_view path,
                                      const v1::Value& value);

// Returns the descriptor of the field at `path`, which must be one of
// AxisFields().
const google::protobuf::FieldDescriptor& FieldAt(absl::string_view path);

// Whether the field at `path` holds integers, and what the field holds in
// words: "an integer", "one of gaussian, balanced, identity". `path` must be
// one of AxisFields().
bool IsIntegerField(absl::string_view path);
std::string FieldTypeText(absl::string_view path);

// Whether the field at `path`, one of AxisFields(), is set. A field without
// explicit presence counts as set when it is not zero.
bool HasField(const v1::TrialSpec& trial, absl::string_view path);

// Unsets the field at `path`, one of AxisFields().
void ClearField(absl::string_view path, v1::TrialSpec* trial);

// Whether the field at `path`, one of AxisFields(), distinguishes being unset
// from being zero.
bool HasPresence(absl::string_view path);

// Sets the field at `path` to `value`. INVALID_ARGUMENT when there is no such
// field, or when the value has another type or does not fit.
absl::Status SetField(absl::string_view path, const v1::Value& value,
                      v1::TrialSpec* trial);

// Returns the value of the field at `path`, which must be one of AxisFields().
// An unsigned integer above 2^63 - 1 is returned as a floating-point number.
v1::Value GetField(const v1::TrialSpec& trial, absl::string_view path);

// Returns `value` as people write it: 0.001, 3, gaussian, true.
std::string ValueText(const v1::Value& value);

// Returns `number` in the fewest digits that read back as the same double.
std::string NumberText(double number);

// Returns the lower-case name of an enum value without the prefix of its type:
// "one_over_p" for LOSS_FACTOR_ONE_OVER_P.
std::string EnumText(const google::protobuf::EnumValueDescriptor& value);

// Returns the entry of `known` that the author of `word` probably meant: an
// entry that other programs call so (learning_rate for "lr"), otherwise the
// nearest entry, counted in edits of single letters and swaps of neighbouring
// letters. Returns "" when no entry is near.
std::string NearestName(absl::string_view word,
                        absl::Span<const std::string> known);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FIELDS_H_
