#ifndef FATHOM_PROTO_SWEEP_DATASETS_H_
#define FATHOM_PROTO_SWEEP_DATASETS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// The fields of an axis over datasets: the files as people name them, or the
// target of each dataset, or both in one group, and beside them in the same
// group the content of each, which the client writes.
inline constexpr char kFileField[] = "data.import.file";
inline constexpr char kTargetField[] = "data.import.target";
inline constexpr char kDigestField[] = "data.digest";

// Whether `path` is one of these: fields that are older than axes over them.
bool IsDatasetField(absl::string_view path);

// Returns the axis of a normalized `spec` over the field at `path`, null when
// there is none.
const v1::Axis* AxisOver(const v1::SweepSpec& spec, const std::string& path);

// Returns the digests of all uploaded datasets that trials of a normalized
// `spec` have.
std::vector<std::string> DigestsOf(const v1::SweepSpec& spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_DATASETS_H_
