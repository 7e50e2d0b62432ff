#ifndef FATHOM_CLIENT_VIEW_SUMMARY_H_
#define FATHOM_CLIENT_VIEW_SUMMARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom {

// A recorded value of the compared metric.
struct Observation {
  int64_t trial = 0;
  int64_t step = 0;
  double value = 0;
};

// Recorded values of one curve: steps ascending, finite values.
struct Curve {
  std::vector<int64_t> steps = {};
  std::vector<double> values = {};
};

// The winner of a group at one step.
struct Best {
  double value = 0;                      // Mean over `trials`.
  std::vector<v1::Value> settings = {};  // Of the axes in `best_over`.
  std::vector<int64_t> trials = {};      // Ascending; differ in averaged axes.
  bool diverged_later = false;           // Any of the trials, after this step.
  bool stopped_earlier = false;  // Any of them, by a rule, before this step.
};

// One group: the trials that agree in the axes of `by`.
struct SummaryRow {
  std::vector<v1::Value> group = {};  // Values of the axes in `by`.
  // Per step of SweepSummary.steps; unset where no setting has a value for all
  // of its trials.
  std::vector<std::optional<Best>> best = {};
  Curve curve = {};  // Mean curve of the winner at the last step.
};

// A sweep condensed as its SummarySpec says.
struct SweepSummary {
  v1::Metric metric = v1::METRIC_LOSS;
  std::vector<std::string> by = {};         // Short names of axes.
  std::vector<std::string> best_over = {};  // Likewise, with all unnamed axes.
  std::vector<std::string> average_over = {};
  std::vector<int64_t> steps = {};  // Ascending, at least one.
  std::vector<SummaryRow> rows =
      {};  // In the order of the axis values of `by`.
};

// Returns what to summarize: `spec.summarize` with its defaults written out. A
// spec that says nothing is grouped by `loss.lp` and `model.depth` and averaged
// over `seed`, as far as these are axes.
v1::SummarySpec SummaryOf(const v1::SweepSpec& spec);

// Condenses the observations of a normalized, valid spec; those at other steps
// than SummaryOf(spec).at() are ignored. A setting takes part at a step when
// every trial of it has a finite value there. `stopped` are the last
// observations of the trials that a rule stopped: they got where they should,
// so the value holds for all later steps of the trial. Trials that diverged
// have none later. Leaves the curves empty. O(observations).
absl::StatusOr<SweepSummary> SummarizeSweep(
    const v1::SweepSpec& spec, absl::Span<const Observation> observations,
    absl::Span<const Observation> stopped = {});

// Returns the mean of the curves over the steps that all of them have.
// `observations` are those of `trials` alone, in any order. Those in `stopped`
// hold, as in SummarizeSweep, at the later steps of the others and at
// `last_step`.
Curve MeanCurve(absl::Span<const int64_t> trials,
                absl::Span<const Observation> observations,
                absl::Span<const Observation> stopped = {},
                int64_t last_step = 0);

// Returns the first step, not a whole one in general, at which the curve is at
// or below `target`, interpolated on straight lines between log(1 + step) and
// log(value). Unset when the curve never gets there.
std::optional<double> FirstStepAtOrBelow(const Curve& curve, double target);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_SUMMARY_H_
