#include "client/commands/trial_name.h"

#include "absl/strings/numbers.h"

namespace fathom::client {

std::optional<TrialName> ParseTrialName(const std::string& what) {
  const size_t slash = what.rfind('/');
  int64_t index = 0;
  if (slash == std::string::npos || slash == 0 ||
      !absl::SimpleAtoi(what.substr(slash + 1), &index)) {
    return std::nullopt;
  }
  return TrialName{what.substr(0, slash), index};
}

}  // namespace fathom::client
