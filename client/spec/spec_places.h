#ifndef FATHOM_CLIENT_SPEC_SPEC_PLACES_H_
#define FATHOM_CLIENT_SPEC_SPEC_PLACES_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/spec/errors.h"
#include "proto/sweep/validate.h"

namespace fathom::client {

// Maps the path of each field in SweepSpec to the place where the field was
// written. Paths are written as in Violation: "trial.steps",
// "axes[0].axes[0].list.values[2]".
using FieldPositions = absl::flat_hash_map<std::string, Position>;

// Returns where the field at `path` was written; for a field that was not
// written, where the innermost field around it was. The outermost is the whole
// sweep, whose path is "".
Position Locate(absl::string_view path, const FieldPositions& positions);

// Remembers where a sweep was written, for errors that are found after its data
// have been read.
class SpecPlaces {
 public:
  SpecPlaces() = default;
  SpecPlaces(std::string file_name, FieldPositions positions,
             std::vector<std::string> settings);

  // Returns OK when there are no violations. INVALID_ARGUMENT otherwise, with a
  // line for each, as ParseSweepFile writes it.
  absl::Status ToStatus(absl::Span<const Violation> violations) const;

 private:
  std::string file_name_;
  FieldPositions positions_ = {{"", Position()}};
  std::vector<std::string> settings_;  // As ErrorList::NameSettings.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SPEC_PLACES_H_
