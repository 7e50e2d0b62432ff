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

// A sweep as a file describes it, normalized and valid.
struct SweepFile {
  struct Scale {
    std::string name;
    v1::SweepSpec spec;
    SpecPlaces places;
  };
  v1::SweepSpec spec;  // As the file stands.
  SpecPlaces places;
  std::vector<Scale> scales;  // In the order of the file.

  // Returns where the sweep at `scale`, one of SpecAtScale, was written.
  const SpecPlaces& PlacesAt(absl::string_view scale) const;
};

// Reads a sweep from YAML text and normalizes and validates it.
//
// The keys are the field names of sweep.proto. The fields of SweepSpec.trial
// stand at the top level and those of DataSpec.import inside `data`. Enum
// values are written in lower case without their prefix; a repeated field may
// be a single value; an integer may be written as 1e6.
//
// `axes` maps a field (full or short name) to a list of values or to one of
//   {range: [from, to]}, {range: [from, to, step]}, {range: {from, to, step}},
//   {log: {from, to, per_decade}}, {log: {from, to, count}},
//   {linspace: {from, to, count}}.
// Its key `zip` holds a map (or a list of maps) of axes that move together. The
// order written is the order of the sweep; `axes` may be a list of such maps,
// so that zipped and single axes come in any order.
//
// `scales` maps names to versions of the sweep that differ in size: each is a
// map of top-level keys (`steps`, `axes`, `record`, ...) that stand, as a
// whole, in place of those of the file. All are read and checked.
//
// INVALID_ARGUMENT with one line per error, "name:line:column: found ...,
// expected ...", and "did you mean" where a name is close. Never crashes,
// whatever the text; reads at most 4 MiB, 64 levels and 250,000 values.
//
// The spec of a sweep in JSON, as `fathom show --json` and the view
// sweep_overview have it, is such a text as well: `trial` and `import` may be
// maps of their own, and an item of `axes` may be {axes: [{field, list:
// {values:
// [...]}}]}.
//
// The proto is the schema: a field added there can be written here.
//
// `settings` replace parts of the file, at every scale; see settings.h.
absl::StatusOr<SweepFile> ParseSweepFile(
    absl::string_view yaml, absl::string_view file_name,
    absl::Span<const std::string> settings = {});

// The same, of which only the sweep as the file stands is returned.
absl::StatusOr<v1::SweepSpec> ParseSweepSpec(absl::string_view yaml,
                                             absl::string_view file_name);

// Returns the sweep of `file` at `scale`; that of the file as it stands for ""
// and "default". NOT_FOUND, with the scales that there are and "did you mean",
// for any other name; `file_name` is for the message.
absl::StatusOr<v1::SweepSpec> SpecAtScale(const SweepFile& file,
                                          absl::string_view scale,
                                          absl::string_view file_name);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SPEC_FILE_H_
