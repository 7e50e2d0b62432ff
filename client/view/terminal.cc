#include "client/view/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace fathom::client {
namespace {

// Returns an environment variable; empty when it is not set.
absl::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Whether the descriptor is a terminal that can more than write lines.
bool IsCapable(int descriptor) {
  const absl::string_view type = Variable("TERM");
  return isatty(descriptor) == 1 && !type.empty() && type != "dumb";
}

}  // namespace

bool StandardErrorIsTerminal() { return IsCapable(STDERR_FILENO); }

int TerminalWidth() {
  winsize size = {};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

int OutputWidth() {
  winsize size = {};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string locale = absl::AsciiStrToLower(value);
    return absl::StrContains(locale, "utf-8") ||
           absl::StrContains(locale, "utf8");
  }
  return false;
}

bool MayColour(int descriptor) {
  if (!Variable("NO_COLOR").empty()) return false;
  const absl::string_view force = Variable("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return Variable("CLICOLOR") != "0" && IsCapable(descriptor);
}

}  // namespace fathom::client
