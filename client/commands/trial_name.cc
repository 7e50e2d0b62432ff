#include "client/commands/trial_name.h"

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/view/format.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/space.h"

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

std::string ParametersText(const v1::SweepSpec& spec, int64_t index) {
  const absl::StatusOr<Space> space = Space::FromStored(spec);
  if (!space.ok() || index < 0 || index >= space->size()) return "-";
  std::string text;
  for (const Space::Parameter& parameter : space->ParametersAt(index)) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", parameter.name, " = ",
                    ValueText(parameter.value));
  }
  return text.empty() ? "-" : text;
}

}  // namespace fathom::client
