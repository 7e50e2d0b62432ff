#ifndef FATHOM_CLIENT_ANALYSIS_HITTING_TIMES_H_
#define FATHOM_CLIENT_ANALYSIS_HITTING_TIMES_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "client/analysis/race.h"
#include "client/analysis/trial_table.h"

namespace fathom::client {

// When the trials of complete settings get to the goals of their race.
class HittingTimes {
 public:
  // Keeps references. The goals of the races must not change any more.
  HittingTimes(const TrialTable& table, const std::vector<Race>& races);

  // Takes the curve of a trial of the table.
  void Add(const TrialCurve& curve);

  // Returns the steps of a row to each goal of its race.
  absl::Span<const double> Of(size_t row) const;

 private:
  const TrialTable& table_;
  const std::vector<Race>& races_;
  std::vector<size_t> offset_;    // Per row: where its times begin.
  std::vector<int> race_of_row_;  // -1: of no complete setting of a race.
  std::vector<double> times_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_HITTING_TIMES_H_
