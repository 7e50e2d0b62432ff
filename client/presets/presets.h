#ifndef FATHOM_CLIENT_PRESETS_PRESETS_H_
#define FATHOM_CLIENT_PRESETS_PRESETS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace fathom::client {

// A sweep that comes with the program: one YAML file of this folder, with the
// values that were published of it.
struct Preset {
  std::string name;     // Path here without ".yaml".
  std::string summary;  // First line of its opening comment.
  std::string text;     // The YAML, comments included.
  // The csv file of the same name with published values, for ReadOverlay; empty
  // when there is none.
  std::string published;
};

// Returns all presets, ordered by name.
const std::vector<Preset>& Presets();

// Returns the preset called `name`. When there is none, the error is NOT_FOUND
// with PresetAdvice().
absl::StatusOr<const Preset*> FindPreset(absl::string_view name);

// Returns the advice for a name that no preset has: "did you mean quickstart?",
// or the names of all presets.
std::string PresetAdvice(absl::string_view name);

// Returns the entry of `names` that `name` may mean, or "" when there is none:
// an entry whose last part is `name`, such as paper/l4-depth for l4-depth, else
// the nearest entry, else one whose last part is nearest.
std::string NearestPreset(absl::string_view name,
                          absl::Span<const std::string> names);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_PRESETS_PRESETS_H_
