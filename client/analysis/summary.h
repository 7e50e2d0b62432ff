#ifndef FATHOM_CLIENT_ANALYSIS_SUMMARY_H_
#define FATHOM_CLIENT_ANALYSIS_SUMMARY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/curves.h"
#include "client/analysis/grouping.h"
#include "client/analysis/trial_table.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// The best setting of a group at one step.
struct Best {
  double value = 0;                      // Mean over `trials`.
  std::vector<v1::Value> settings = {};  // Values of `best_over`.
  std::vector<int64_t> trials = {};      // Its repetitions, ascending.
  std::vector<double> values = {};       // By trial.
  size_t setting = 0;                    // In TrialTable::settings().
  bool diverged_later = false;           // Some trial diverged after the step.
  bool stopped_earlier = false;  // A rule stopped some trial before this step.
};

// One row of a summary: the trials that agree in the axes of `by`.
struct SummaryRow {
  std::vector<v1::Value> group = {};  // Values of the axes in `by`.
  // For each step of SweepSummary::steps the best setting; unset where no
  // setting has a value for all of its trials.
  std::vector<std::optional<Best>> best = {};
  // The floor of a raced metric. Rounding decides between values at or below
  // it.
  double floor = 0;
  // The setting that pictures show: the one chosen for the quoted goal of a
  // race, or else the best at the last step. Its values and trials follow.
  std::optional<size_t> shown = {};  // In TrialTable::settings().
  std::vector<v1::Value> shown_values = {};
  std::vector<int64_t> shown_trials = {};
  CurveSet curves = {};  // Of `shown_trials`.
  Curve curve = {};      // The mean of `curves`.
};

// A sweep condensed as its SummarySpec says.
struct SweepSummary {
  v1::Metric metric = v1::METRIC_LOSS;
  std::vector<std::string> by = {};         // Short names of the axes.
  std::vector<std::string> best_over = {};  // Axes in no list are here, too.
  std::vector<std::string> average_over = {};
  // The compared steps: ascending, at least one. A single kAtTheEnd means the
  // last step of each trial.
  std::vector<int64_t> steps = {};
  std::vector<SummaryRow> rows = {};  // By group.
};

// The step that stands for the last step of each trial, for trials of different
// lengths.
inline constexpr int64_t kAtTheEnd = -1;

// Returns how a sweep is summarized: `spec.summarize` with its defaults written
// out. A spec without any list is grouped by `loss.lp` and `model.depth`, as
// far as these are axes; what is not named is averaged over `seed`, and never
// the best of several seeds. `at` stays empty where `steps` is an axis and the
// spec names no step.
v1::SummarySpec SummaryOf(const v1::SweepSpec& spec);

// The values of the compared metric at the compared steps.
class Levels {
 public:
  // Keeps a reference to the table, and takes over the last points of its
  // curves. `steps` is as in SweepSummary.
  Levels(const TrialTable& table, std::vector<int64_t> steps);

  // Returns whether values are missing that the last points of the curves do
  // not give. Add then needs the whole curves.
  bool NeedsCurves() const;

  // Takes the whole curve of a trial of the table.
  void Add(const TrialCurve& curve);

  // Returns the value of a row at steps[i]: the value that was recorded at that
  // step, or the last value of a trial that a rule stopped before it; unset
  // otherwise.
  std::optional<double> At(size_t row, size_t i) const;

  const std::vector<int64_t>& steps() const { return steps_; }

 private:
  std::optional<double> ValueAt(const TrialRow& row, const TrialCurve& curve,
                                int64_t step) const;

  const TrialTable& table_;
  std::vector<int64_t> steps_;
  std::vector<double> values_;  // By row and step; NaN for none.
};

// Condenses a sweep at the steps of `levels`. A setting takes part at a step
// when every trial of it has a value there. The best setting has the best mean
// or, for a metric that is only shown, the least mean final loss. The curves of
// the rows stay empty.
SweepSummary Summarize(const Grouping& grouping, const TrialTable& table,
                       const Levels& levels, const v1::SummarySpec& plan);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_SUMMARY_H_
