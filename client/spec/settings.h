#ifndef FATHOM_CLIENT_SPEC_SETTINGS_H_
#define FATHOM_CLIENT_SPEC_SETTINGS_H_

#include <string>

#include "absl/types/span.h"
#include "client/spec/errors.h"
#include "client/spec/yaml_tree.h"

namespace fathom::client {

// Puts what `settings` say in place of what the map `root` of a sweep file has,
// the later over the earlier: "optimizer.learning_rate=0.1" is a path of keys
// and a value in YAML, "axes.depth=[1, 2]" an axis. A field of the trial may go
// by its short name, as in "learning_rate=0.1". Maps on the way are made.
//
// Adds what is wrong to `errors`: no path, no value in YAML, a key below what
// is no map, or a field that is an axis of the sweep, whose setting would mean
// nothing. What was set is at line -1 of the file for the first setting, at -2
// for the second; errors about it begin with the setting.
void ApplySettings(absl::Span<const std::string> settings, YamlNode* root,
                   ErrorList* errors);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SPEC_SETTINGS_H_
