#ifndef FATHOM_CLIENT_PRESETS_PRESETS_H_
#define FATHOM_CLIENT_PRESETS_PRESETS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace fathom::client {

// A sweep that comes with the program: one YAML file of this folder, and what
// was published of it.
struct Preset {
  std::string name;     // Its path here without ".yaml", such as "quickstart".
  std::string summary;  // First line of the comment that opens it.
  std::string text;     // The YAML, comments included.
  // Values published for it, for ReadOverlay: the csv file of its name, or "".
  std::string published;
};

// Returns all presets, by name.
const std::vector<Preset>& Presets();

// Returns the preset called `name`. NOT_FOUND, with "did you mean" or the names
// that there are, when there is none.
absl::StatusOr<const Preset*> FindPreset(absl::string_view name);

// Returns what to say about a name that is none: "did you mean quickstart?", or
// the names that there are.
std::string PresetAdvice(absl::string_view name);

// Returns the entry of `names` that `name` may mean: the nearest, or one whose
// last part is nearest, such as paper/l4-depth for l4-depth; "" when none is.
std::string NearestPreset(absl::string_view name,
                          absl::Span<const std::string> names);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_PRESETS_PRESETS_H_
