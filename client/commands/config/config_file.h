#ifndef FATHOM_CLIENT_COMMANDS_CONFIG_CONFIG_FILE_H_
#define FATHOM_CLIENT_COMMANDS_CONFIG_CONFIG_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// What a user sets once for all commands. An option counts most, then an
// environment variable, then the configuration file, then the default.
//
// The file is YAML, as specs are: "server: lab.example.org:7373". What it says
// becomes the value of the variable that is not set, so that everything in the
// program that asks for a variable asks for the file as well.
namespace fathom::client {

// Something that can be set.
struct Setting {
  const char* key;       // In the file.
  const char* variable;  // In the environment.
  const char* help;
  const char* fallback;  // What counts when neither says anything; may be "".
  bool is_path;          // A file or folder; "~/" is the user's folder.
};

absl::Span<const Setting> AllSettings();

// A line of the configuration file.
struct ConfigEntry {
  const Setting* setting;
  std::string value;
  int line;
};

// Returns an environment variable; "" when it is not set.
std::string Variable(const char* name);

// Returns the path of the user's configuration file: $FATHOM_CONFIG, else
// fathom/config in $XDG_CONFIG_HOME or in ~/.config. Returns "" where there is
// no such folder.
std::string ConfigPath();

// Reads the text of a configuration file; `path` is for messages.
// INVALID_ARGUMENT, with line and column, for what is no setting.
absl::StatusOr<std::vector<ConfigEntry>> ParseConfig(absl::string_view text,
                                                     const std::string& path);

// Reads the file at ConfigPath() and sets the variables that are not set and
// that it has values for. A file that does not exist is an empty one, but for
// that of $FATHOM_CONFIG; "/dev/null" is none. Checks the values of the
// environment, too. To be called before there is a second thread.
absl::Status ApplyConfig();

// Returns the line of the file that has set the variable; 0 when ApplyConfig()
// did not set it.
int LineOfConfig(absl::string_view variable);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_CONFIG_CONFIG_FILE_H_
