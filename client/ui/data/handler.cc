#include "client/ui/data/handler.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/state.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

// The paths after /api; "#" stands for a number, which the answer reads.
constexpr struct {
  const char* method;
  const char* path;
  absl::StatusOr<UiResponse> (*answer)(UiState&, const UiRequest&);
} kRoutes[] = {
    {"GET", "sweeps", AnswerSweeps},
    {"GET", "sweeps/#", AnswerSweep},
    {"GET", "sweeps/#/events", AnswerEvents},
    {"GET", "sweeps/#/curves", AnswerCurves},
    {"GET", "sweeps/#/trials", AnswerTrials},
    {"GET", "sweeps/#/trials/#", AnswerTrial},
    {"GET", "sweeps/#/trials/#/curves", AnswerTrialCurves},
    {"GET", "sweeps/#/heat", AnswerHeat},
    {"GET", "sweeps/#/parallel", AnswerParallel},
    {"GET", "sweeps/#/density", AnswerDensity},
    {"GET", "sweeps/#/summary", AnswerSummary},
    {"GET", "sweeps/#/why", AnswerWhy},
    {"POST", "sweeps/#/pause", AnswerChange},
    {"POST", "sweeps/#/resume", AnswerChange},
    {"POST", "sweeps/#/cancel", AnswerChange},
    {"POST", "sweeps/#/retry", AnswerChange},
    {"GET", "compare", AnswerCompare},
    {"GET", "workers", AnswerWorkers},
    {"POST", "workers/#/drain", AnswerDrain},
    {"POST", "query", AnswerQuery},
    {"GET", "schema", AnswerSchema},
};

// Returns the path with "#" in place of the parts that follow "sweeps",
// "trials" and "workers".
std::string PatternOf(const UiRequest& request) {
  std::string pattern;
  for (size_t i = 0; i < request.path.size(); ++i) {
    absl::StrAppend(
        &pattern, i == 0 ? "" : "/",
        i % 2 == 1 && i < 4 && (i == 1 || request.path[i - 1] == "trials")
            ? "#"
            : request.path[i]);
  }
  return pattern;
}

UiResponse Handle(UiState& state, const UiRequest& request) {
  const std::string pattern = PatternOf(request);
  for (const auto& route : kRoutes) {
    if (pattern != route.path || request.method != route.method) continue;
    absl::StatusOr<UiResponse> response = route.answer(state, request);
    if (!response.ok()) return ErrorResponse(response.status());
    return *std::move(response);
  }
  return ErrorResponse(absl::NotFoundError(absl::StrCat(
      "there is no ", Excerpt(request.method), " /api/", Excerpt(pattern))));
}

}  // namespace

UiHandler MakeUiHandler(const UiDataOptions& options) {
  return [state =
              std::make_shared<UiState>(options)](const UiRequest& request) {
    return state->shared.Get(
        request, [&](const UiRequest& asked) { return Handle(*state, asked); });
  };
}

}  // namespace fathom::client
