#include "client/load/plan.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/sweep/normalize.h"
#include "proto/sweep/validate.h"

namespace fathom::client {
namespace {

// Checks the summary that the options ask for. Errors name the options and not
// the fields of the spec.
absl::Status CheckPlan(const v1::SweepSpec& spec,
                       const QuestionOptions& options) {
  std::vector<std::string> lines;
  for (const Violation& violation : Validate(spec)) {
    for (const auto& [field, option] : options) {
      if (!absl::StartsWith(violation.field, field)) continue;
      lines.push_back(absl::StrCat(option, ": found ", violation.found,
                                   ", expected ", violation.expected));
    }
  }
  return lines.empty() ? absl::OkStatus()
                       : absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

}  // namespace

absl::Status AskInPlaceOfPlan(const AnalysisQuestion& question,
                              const QuestionOptions& options,
                              v1::SweepSpec* spec) {
  *spec->mutable_summarize() = PlanOf(*spec, question);
  // Only the summary is normalized: the rest of a stored spec keeps the meaning
  // that it had when it was stored.
  *spec->mutable_summarize() = Normalize(*spec).summarize();
  return CheckPlan(*spec, options);
}

}  // namespace fathom::client
