#ifndef FATHOM_CLIENT_UI_DATA_CHOSEN_TRIALS_H_
#define FATHOM_CLIENT_UI_DATA_CHOSEN_TRIALS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/connection.h"
#include "client/ui/data/outcomes.h"
#include "client/ui/data/selection.h"
#include "client/ui/data/state.h"
#include "client/ui/exchange.h"

namespace fathom::client {

// How long a request waits for something that is being computed.
inline constexpr absl::Duration kPatience = absl::Milliseconds(500);

// The trials that a request is about.
struct ChosenTrials {
  Selection selection;
  int64_t given_out = 0;  // Trials from here on were never given out.
  // The outcomes, where conditions ask for them; `done` is below 1 while they
  // are being loaded.
  std::shared_ptr<const OutcomeTable> outcomes = {};
  double done = 1;
};

// Reads the conditions `where` (or what `parameter` names) of a request.
absl::StatusOr<ChosenTrials> ChooseTrials(
    UiState& state, const UiRequest& asked, const v1::Sweep& sweep,
    const std::string& parameter = "where");

// Returns at most `most` of the chosen trials that were given out, spread over
// all of them and ascending, and how many there are.
struct SomeTrials {
  std::vector<int64_t> trials;
  int64_t matching = 0;
};
SomeTrials SpreadOver(const ChosenTrials& chosen, int64_t most);

// Returns the number of a state in answers: 0 for a trial that has not ended, 1
// succeeded, 2 diverged, 3 stopped, 4 failed, 5 cancelled.
uint8_t StateNumber(v1::TrialState state);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_CHOSEN_TRIALS_H_
