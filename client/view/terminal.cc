#include "client/view/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace fathom::client {

bool StandardErrorIsTerminal() {
  const char* type = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && type != nullptr &&
         absl::string_view(type) != "dumb";
}

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

bool OutputHasColours() {
  const auto named = [](const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? absl::string_view() : absl::string_view(value);
  };
  return named("NO_COLOR").empty() && !named("TERM").empty() &&
         named("TERM") != "dumb";
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

}  // namespace fathom::client
