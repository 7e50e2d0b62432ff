#ifndef FATHOM_CLIENT_UI_DATA_TRIAL_PAGE_H_
#define FATHOM_CLIENT_UI_DATA_TRIAL_PAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/ui/data/chosen_trials.h"

namespace fathom::client {

// By what a table of trials is sorted.
enum class TrialKey { kTrial, kFinalLoss, kBestLoss, kSteps, kSeconds, kState };

// A place between two rows of a sorted table. It names the row before it, so
// that it stays where it is while trials end.
struct TrialCursor {
  double key = 0;  // NaN for a trial without one; these come last.
  int64_t trial = 0;

  // A cursor as text, and back. INVALID_ARGUMENT for a text that is none.
  std::string Text() const;
  static absl::StatusOr<TrialCursor> FromText(absl::string_view text);
};

struct TrialOrder {
  TrialKey key = TrialKey::kTrial;
  bool descending = false;
};

// One page of a table.
struct TrialPage {
  std::vector<int64_t> trials = {};      // In the order of the table.
  std::optional<TrialCursor> next = {};  // Unset after the last row.
  int64_t total = 0;                     // Rows of the whole table.
};

// Returns the rows after `after`, or the first ones. By number, the trials that
// were never given out are among them, and `at` says where to begin instead;
// otherwise trials without a key come last, by number. `outcomes` may be null
// where neither order nor selection needs them. The time is proportional to the
// number of trials with an outcome, or, without outcomes, to `limit`.
TrialPage PageOf(const Selection& selection, const OutcomeTable* outcomes,
                 const TrialOrder& order,
                 const std::optional<TrialCursor>& after,
                 std::optional<int64_t> at, int64_t limit);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_DATA_TRIAL_PAGE_H_
