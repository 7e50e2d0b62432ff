#ifndef FATHOM_CLIENT_UI_DATA_ANSWERS_ANSWERS_H_
#define FATHOM_CLIENT_UI_DATA_ANSWERS_ANSWERS_H_

#include "absl/status/statusor.h"
#include "client/ui/data/state.h"
#include "client/ui/exchange.h"

namespace fathom::client {

// Each of these functions answers one kind of request for /api; handler.cc has
// the table of their paths. Their errors say what was wrong with the request,
// or what the source said.
absl::StatusOr<UiResponse> AnswerSweeps(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerSweep(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerEvents(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerCurves(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerTrials(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerTrial(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerTrialCurves(UiState& state,
                                             const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerWorkers(UiState& state,
                                         const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerQuery(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerSchema(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerHeat(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerParallel(UiState& state,
                                          const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerDensity(UiState& state,
                                         const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerSummary(UiState& state,
                                         const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerCompare(UiState& state,
                                         const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerWhy(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerChange(UiState& state, const UiRequest& asked);
absl::StatusOr<UiResponse> AnswerDrain(UiState& state, const UiRequest& asked);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_ANSWERS_ANSWERS_H_
