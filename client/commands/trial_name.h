#ifndef FATHOM_CLIENT_COMMANDS_TRIAL_NAME_H_
#define FATHOM_CLIENT_COMMANDS_TRIAL_NAME_H_

#include <cstdint>
#include <optional>
#include <string>

namespace fathom::client {

// A trial as people name it.
struct TrialName {
  std::string sweep;  // Number or name.
  int64_t index = 0;
};

// Splits "SWEEP/TRIAL"; returns nothing for a text of another form.
std::optional<TrialName> ParseTrialName(const std::string& what);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_TRIAL_NAME_H_
