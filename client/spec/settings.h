#ifndef FATHOM_CLIENT_SPEC_SETTINGS_H_
#define FATHOM_CLIENT_SPEC_SETTINGS_H_

#include <string>

#include "absl/types/span.h"
#include "client/spec/errors.h"
#include "client/spec/yaml_tree.h"

namespace fathom::client {

// Applies `settings` to `root`, the map of a sweep file; a later setting
// replaces an earlier one. "optimizer.learning_rate=0.1" is a path of keys and
// a value in YAML, and "axes.depth=[1, 2]" sets an axis. A field of the trial
// may be named by its short name, as in "learning_rate=0.1". Maps on the way
// that are missing are made.
//
// Adds to `errors` a setting without a path, a value that is no YAML, a key
// below something that is no map, and a field that is an axis of the sweep,
// because its setting would have no effect. What the first setting wrote has
// the position of line -1, what the second wrote that of line -2; errors about
// them begin with the setting.
void ApplySettings(absl::Span<const std::string> settings, YamlNode* root,
                   ErrorList* errors);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SETTINGS_H_
