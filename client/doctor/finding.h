#ifndef FATHOM_CLIENT_DOCTOR_FINDING_H_
#define FATHOM_CLIENT_DOCTOR_FINDING_H_

#include <string>

#include "absl/strings/string_view.h"

namespace fathom::client {

// How bad a finding is: nothing to do; something will go wrong or is slow;
// something does not work or can lose data.
enum class Level { kOk, kWarning, kProblem };

// Returns "ok", "warning" or "problem".
absl::string_view LevelName(Level level);

// What a check has found.
struct Finding {
  Level level = Level::kOk;
  std::string text;    // What is so, with numbers.
  std::string advice;  // What to do; "" when there is nothing to do.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_DOCTOR_FINDING_H_
