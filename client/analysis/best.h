#ifndef FATHOM_CLIENT_ANALYSIS_BEST_H_
#define FATHOM_CLIENT_ANALYSIS_BEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/analysis/band.h"
#include "client/analysis/rate_outcomes.h"
#include "client/analysis/reach.h"
#include "client/analysis/statistics.h"
#include "client/analysis/summary.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// One group of a summary, and how sure it is.
struct GroupBest {
  std::vector<v1::Value> group = {};  // Values of the axes in `by`.
  std::optional<Best> best = {};      // Unset: no setting has all its values.
  std::optional<SampleStatistics> statistics = {};  // Of the best's trials.
  // Trials of the group, all settings together.
  int64_t finished = 0;
  int64_t diverged = 0;
  int64_t failed = 0;
  // When the best gets to epsilon. Unset without an epsilon.
  std::optional<Reach> reach = {};
  // Against the shallowest depth of the groups that agree in all else. Unset
  // for the shallowest itself, and where depth is not in `by`.
  std::optional<int64_t> base_depth = {};
  std::optional<SpeedUp> speed_up = {};
  // Where the learning rate is among `best_over`: with the other axes of
  // `best_over` as in the best.
  std::optional<StableBand> band = {};
};

// The best settings of a sweep at one step.
struct BestReport {
  SweepSummary summary = {};           // At that step alone.
  std::optional<double> epsilon = {};  // As asked for.
  int64_t trials = 0;                  // Of the sweep.
  std::vector<GroupBest> groups = {};  // As the rows of the summary.
};

// Returns how to summarize a normalized spec, with the given axes, by field or
// last part of it, in place of its own; a list that is empty stays as it is,
// less the axes that another list now has. Only the last step is kept. Does not
// validate.
struct BestQuestion {
  std::vector<std::string> by = {};
  std::vector<std::string> best_over = {};
  std::vector<std::string> average_over = {};
  std::optional<v1::Metric> metric = {};
  std::optional<int64_t> at = {};
  std::optional<double> epsilon = {};
};
v1::SummarySpec PlanOf(const v1::SweepSpec& spec, const BestQuestion& question);

// Adds to `summary`, of a normalized, valid spec and with curves, what the
// repetitions say. Its steps are SummaryOf(spec).at(), of which there is one;
// `at_step` and `stopped` are what it was made of, and `results` has all trials
// that were given out. What a curve has after that step is ignored.
absl::StatusOr<BestReport> MakeBestReport(
    const v1::SweepSpec& spec, SweepSummary summary,
    absl::Span<const Observation> at_step,
    absl::Span<const Observation> stopped,
    absl::Span<const TrialResult> results);

}  // namespace fathom

#endif  // FATHOM_CLIENT_ANALYSIS_BEST_H_
