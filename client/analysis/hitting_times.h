#ifndef FATHOM_CLIENT_ANALYSIS_HITTING_TIMES_H_
#define FATHOM_CLIENT_ANALYSIS_HITTING_TIMES_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "client/analysis/race.h"
#include "client/analysis/trial_table.h"

namespace fathom::client {

// The steps at which the trials of complete settings get to the goals of their
// race.
class HittingTimes {
 public:
  // Keeps references to `table` and `races`. The goals of the races must not
  // change afterwards.
  HittingTimes(const TrialTable& table, const std::vector<Race>& races);

  // Takes the whole curve of a trial of the table.
  void Add(const TrialCurve& curve);

  // Returns the steps that the trial in a row takes to each goal of its race,
  // kNever for goals that it does not get to. Empty for trials of no complete
  // setting.
  absl::Span<const double> Of(size_t row) const;

 private:
  const TrialTable& table_;
  const std::vector<Race>& races_;
  std::vector<size_t> offset_;    // By row: start in times_.
  std::vector<int> race_of_row_;  // By row; -1 for no race.
  std::vector<double> times_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_HITTING_TIMES_H_
