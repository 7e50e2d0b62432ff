#ifndef FATHOM_CLIENT_ANALYSIS_RACE_HITTING_TIMES_H_
#define FATHOM_CLIENT_ANALYSIS_RACE_HITTING_TIMES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "client/analysis/race/race.h"
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

  // Returns the steps that the trial in a row takes to goal number `goal` of
  // its race, kNever when it does not get there or is of no complete setting.
  double Of(size_t row, size_t goal) const;

 private:
  const TrialTable& table_;
  const std::vector<Race>& races_;
  // The times of a trial, in the order of the goals. Whoever gets to a goal
  // gets to those above it as well, so that only the first ones have a time.
  // This is most of what an analysis of many trials keeps; a deque grows in
  // pieces.
  struct Arrivals {
    int64_t begin : 40 = 0;  // In times_.
    int64_t count : 24 = 0;
  };
  std::vector<Arrivals> by_row_;
  std::vector<int> race_of_row_;  // -1 for no race.
  std::deque<double> times_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RACE_HITTING_TIMES_H_
