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

// The winner of a group at one step.
struct Best {
  double value = 0;                      // Mean over `trials`.
  std::vector<v1::Value> settings = {};  // Of the axes in `best_over`.
  std::vector<int64_t> trials = {};      // Ascending; differ in averaged axes.
  std::vector<double> values = {};       // Of the trials.
  size_t setting = 0;                    // Of TrialTable::settings().
  bool diverged_later = false;           // Any of the trials, after this step.
  bool stopped_earlier = false;  // Any of them, by a rule, before this step.
};

// One group: the trials that agree in the axes of `by`.
struct SummaryRow {
  std::vector<v1::Value> group = {};  // Values of the axes in `by`.
  // Per step of SweepSummary.steps; unset where no setting has a value for all
  // of its trials.
  std::vector<std::optional<Best>> best = {};
  // Of a raced metric: what lies at or below it, rounding decides.
  double floor = 0;
  // What is drawn: the trials of one setting, which is the one that is first at
  // the quoted goal of a race, and otherwise the best at the last step.
  std::optional<size_t> shown = {};  // Of TrialTable::settings().
  std::vector<v1::Value> shown_values = {};
  std::vector<int64_t> shown_trials = {};
  CurveSet curves = {};  // Of these trials.
  Curve curve = {};      // Their mean.
};

// A sweep condensed as its SummarySpec says.
struct SweepSummary {
  v1::Metric metric = v1::METRIC_LOSS;
  std::vector<std::string> by = {};         // Short names of axes.
  std::vector<std::string> best_over = {};  // Likewise, with all unnamed axes.
  std::vector<std::string> average_over = {};
  // Ascending, at least one. A single kAtTheEnd: each trial at its own end.
  std::vector<int64_t> steps = {};
  std::vector<SummaryRow> rows = {};  // In the order of the groups.
};

// Stands for the last step of each trial, where these differ.
inline constexpr int64_t kAtTheEnd = -1;

// Returns what to summarize: `spec.summarize` with its defaults written out. A
// spec that says nothing is grouped by `loss.lp` and `model.depth` and averaged
// over `seed`, as far as these are axes. `at` stays empty where `steps` is an
// axis and the spec names no step.
v1::SummarySpec SummaryOf(const v1::SweepSpec& spec);

// The values of the compared metric at the compared steps.
class Levels {
 public:
  // Keeps a reference to the table, and takes from it what the last points of
  // curves say. `steps` as in SweepSummary.
  Levels(const TrialTable& table, std::vector<int64_t> steps);

  // Returns whether that leaves values out, for which Add needs the whole
  // curves.
  bool NeedsCurves() const;

  // Takes the curve of a trial of the table.
  void Add(const TrialCurve& curve);

  // Returns the value of a row at steps[i]: what was recorded there; the last
  // value of a trial that a rule stopped before; unset otherwise.
  std::optional<double> At(size_t row, size_t i) const;

  const std::vector<int64_t>& steps() const { return steps_; }

 private:
  std::optional<double> ValueAt(const TrialRow& row, const TrialCurve& curve,
                                int64_t step) const;

  const TrialTable& table_;
  std::vector<int64_t> steps_;
  std::vector<double> values_;  // Per row and step; not a number: none.
};

// Condenses a sweep at the steps of `levels`. A setting takes part at a step
// when every trial of it has a value there; the best one has the best mean, and
// of a metric that is only shown the least mean final loss. Curves stay empty.
SweepSummary Summarize(const Grouping& grouping, const TrialTable& table,
                       const Levels& levels, const v1::SummarySpec& plan);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_SUMMARY_H_
