#ifndef FATHOM_CLIENT_ANALYSIS_SUMMARY_H_
#define FATHOM_CLIENT_ANALYSIS_SUMMARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/analysis/curves.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/sweep/space.h"

namespace fathom {

// The winner of a group at one step.
struct Best {
  double value = 0;                      // Mean over `trials`.
  std::vector<v1::Value> settings = {};  // Of the axes in `best_over`.
  std::vector<int64_t> trials = {};      // Ascending; differ in averaged axes.
  std::vector<double> values = {};       // Of the trials.
  bool diverged_later = false;           // Any of the trials, after this step.
  bool stopped_earlier = false;  // Any of them, by a rule, before this step.
};

// One group: the trials that agree in the axes of `by`.
struct SummaryRow {
  std::vector<v1::Value> group = {};  // Values of the axes in `by`.
  // Per step of SweepSummary.steps; unset where no setting has a value for all
  // of its trials.
  std::vector<std::optional<Best>> best = {};
  CurveSet curves = {};  // Of the trials of the winner at the last step.
  Curve curve = {};      // Their mean.
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

// Returns the observations at `steps`, which ascend, that follow from the last
// ones of trials that a rule stopped: they got where they should, so the value
// holds for all later steps of the trial.
std::vector<Observation> HeldObservations(absl::Span<const Observation> stopped,
                                          absl::Span<const int64_t> steps,
                                          const Space& space);

// Condenses the observations of a normalized, valid spec; those at other steps
// than SummaryOf(spec).at() are ignored. A setting takes part at a step when
// every trial of it has a finite value there. `stopped` are the last
// observations of the trials that a rule stopped, as in HeldObservations.
// Trials that diverged have none later. Leaves the curves empty.
// O(observations).
absl::StatusOr<SweepSummary> SummarizeSweep(
    const v1::SweepSpec& spec, absl::Span<const Observation> observations,
    absl::Span<const Observation> stopped = {});

}  // namespace fathom

#endif  // FATHOM_CLIENT_ANALYSIS_SUMMARY_H_
