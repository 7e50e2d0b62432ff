#ifndef FATHOM_PROTO_SWEEP_DATASETS_H_
#define FATHOM_PROTO_SWEEP_DATASETS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// The fields that an axis over datasets may vary: the names of the files, the
// target column of each dataset, or both in one group of zipped axes. The
// client adds an axis over the digests of the imported datasets to the same
// group.
inline constexpr char kFileField[] = "data.import.file";
inline constexpr char kTargetField[] = "data.import.target";
inline constexpr char kDigestField[] = "data.digest";

// Whether `path` is one of the three fields above. They existed before axes
// could vary them (see kDataAxesRevision in revisions.cc).
bool IsDatasetField(absl::string_view path);

// Returns the axis of a normalized `spec` that varies the field at `path`, or
// null when no axis does.
const v1::Axis* AxisOver(const v1::SweepSpec& spec, const std::string& path);

// Returns the digests of all uploaded datasets that the trials of a normalized
// `spec` train on: those of the axis over digests, or the single one of the
// base trial. Empty for generated data, and for files that have yet to be
// imported.
std::vector<std::string> DigestsOf(const v1::SweepSpec& spec);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_DATASETS_H_
