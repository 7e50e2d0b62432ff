#ifndef FATHOM_CLIENT_ANALYSIS_RATE_OUTCOMES_H_
#define FATHOM_CLIENT_ANALYSIS_RATE_OUTCOMES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "client/analysis/band.h"
#include "client/analysis/summary.h"
#include "client/analysis/summary_classes.h"
#include "proto/sweep/space.h"

namespace fathom {

// How a trial that was given out stands.
struct TrialResult {
  int64_t trial = 0;
  v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
  int64_t steps = 0;  // Taken; where it diverged, if it did.
};

// Whether the trial will not change any more.
bool IsFinished(v1::TrialState state);

// Returns the values of the axes in `names` of a trial, in one text.
std::string AxisKey(const Space& space, int64_t trial,
                    const std::vector<std::string>& names);

// Returns the band of stable learning rates of each group, where the other axes
// of `best_over` are as in its best (any, without a best or such axes). Empty
// unless the learning rate is in `best_over`. `values` are those of the trials
// at the last step of the summary.
std::vector<StableBand> MeasureBands(const Space& space,
                                     const SummaryClasses& classes,
                                     const SweepSummary& summary,
                                     absl::Span<const Observation> values,
                                     absl::Span<const TrialResult> results);

}  // namespace fathom

#endif  // FATHOM_CLIENT_ANALYSIS_RATE_OUTCOMES_H_
