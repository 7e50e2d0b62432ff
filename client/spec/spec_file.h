#ifndef FATHOM_CLIENT_SPEC_SPEC_FILE_H_
#define FATHOM_CLIENT_SPEC_SPEC_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/spec/spec_places.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// A sweep that a file describes, normalized and valid, together with its
// scales.
struct SweepFile {
  struct Scale {
    std::string name;
    v1::SweepSpec spec;
    SpecPlaces places;
  };
  v1::SweepSpec spec;  // The sweep without any scale.
  SpecPlaces places;
  std::vector<Scale> scales;  // In the order of the file.

  // Returns where the sweep at `scale`, one of SpecAtScale, was written.
  const SpecPlaces& PlacesAt(absl::string_view scale) const;
};

// Reads a sweep from YAML text and normalizes and validates it.
//
// The keys are the field names of sweep.proto, so that a field that is added
// there can be written here. The fields of SweepSpec.trial stand at the top
// level and those of DataSpec.import inside `data`. Enum values are written in
// lower case without their prefix, a repeated field may be a single value, and
// an integer may be written as 1e6.
//
// `axes` maps a field (full or short name) to a list of values or to one of
//   {range: [from, to]}, {range: [from, to, step]}, {range: {from, to, step}},
//   {log: {from, to, per_decade}}, {log: {from, to, count}},
//   {linspace: {from, to, count}}.
// The key `zip` holds a map (or a list of maps) of axes that move together. The
// order written is the order of the sweep. `axes` may also be a list of such
// maps, so that zipped and single axes can stand in any order.
//
// `scales` maps names to versions of the sweep that differ in size. Each
// version is a map of top-level keys (`steps`, `axes`, `record`, ...), and the
// value of each key stands, as a whole, in place of the file's. All versions
// are read and checked.
//
// Errors are INVALID_ARGUMENT with one line per error, "name:line:column: found
// ..., expected ...", and "did you mean" where a name is close. No text can
// crash the reader, which reads at most 4 MiB, 64 levels and 250,000 values.
//
// The spec of a sweep in JSON, as `fathom show --json` and the view
// sweep_overview have it, can be read as well: `trial` and `import` may be maps
// of their own, and an item of `axes` may be
//   {axes: [{field, list: {values: [...]}}]}.
//
// `settings` replace parts of the file, at every scale; see settings.h.
absl::StatusOr<SweepFile> ParseSweepFile(
    absl::string_view yaml, absl::string_view file_name,
    absl::Span<const std::string> settings = {});

// Reads a file as ParseSweepFile does, and returns only the sweep without any
// scale.
absl::StatusOr<v1::SweepSpec> ParseSweepSpec(absl::string_view yaml,
                                             absl::string_view file_name);

// Returns the sweep of `file` at `scale`. The scales "" and "default" are the
// file as it stands. For an unknown name the error is NOT_FOUND with the scales
// of the file and "did you mean"; `file_name` serves the message only.
absl::StatusOr<v1::SweepSpec> SpecAtScale(const SweepFile& file,
                                          absl::string_view scale,
                                          absl::string_view file_name);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SPEC_FILE_H_
