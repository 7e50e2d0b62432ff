#ifndef FATHOM_CLIENT_LOAD_PLAN_H_
#define FATHOM_CLIENT_LOAD_PLAN_H_

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/analysis/analysis.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// The options by which people ask for a part of a summary, by the field of the
// spec that they stand for: {"summarize.by", "--by"}. Errors name them.
using QuestionOptions = std::vector<std::pair<const char*, const char*>>;

// Puts `question` in place of what a stored spec says of its summary; see
// PlanOf(). The rest of the spec stays as it is stored. INVALID_ARGUMENT for a
// question that the sweep cannot answer.
absl::Status AskInPlaceOfPlan(const AnalysisQuestion& question,
                              const QuestionOptions& options,
                              v1::SweepSpec* spec);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_PLAN_H_
