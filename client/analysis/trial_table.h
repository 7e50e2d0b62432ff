#ifndef FATHOM_CLIENT_ANALYSIS_TRIAL_TABLE_H_
#define FATHOM_CLIENT_ANALYSIS_TRIAL_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "client/analysis/grouping.h"
#include "client/analysis/trial_curve.h"
#include "fathom/v1/sweep.pb.h"

// What an analysis keeps of the trials of a sweep: some numbers per trial
// instead of its curve, so that a million trials fit into memory.
namespace fathom::client {

// The time of a trial that does not get to a goal.
inline constexpr double kNever = std::numeric_limits<double>::infinity();

// A trial that was given out.
struct TrialRow {
  int64_t trial = 0;
  int64_t steps = 0;                      // Steps taken.
  std::optional<double> final_loss = {};  // The last finite loss.
  // The first and the last recorded value. `points` is false when nothing was
  // recorded.
  double first = 0;
  double last = 0;
  int64_t last_step = 0;
  // Behind the rest, where they take the least memory.
  v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
  bool points = false;
};

// The repetitions of a setting that were given out.
struct SettingRows {
  int64_t group = 0;
  int64_t expected = 0;           // Repetitions, given out or not.
  std::vector<size_t> rows = {};  // In TrialTable; ascending by trial.
  bool complete = false;          // All repetitions are finished.
  int64_t diverged = 0;
  std::vector<v1::Value> values = {};  // Values of `best_over`.
};

// How the trials of a group stand.
struct GroupCounts {
  int64_t expected = 0;
  int64_t finished = 0;
  int64_t succeeded = 0;
  int64_t diverged = 0;
  int64_t stopped = 0;
  int64_t failed = 0;
  int64_t settings = 0;  // Settings in the grid.
  int64_t complete_settings = 0;
};

// The trials of a sweep by group and setting.
//
// The table is built once, from curves in ascending order of trials, and does
// not change after Finish.
class TrialTable {
 public:
  // Keeps a reference to `grouping`. If `last_step` is set, curves are cut off
  // after that step. Then a trial that goes on counts as one that ended there.
  TrialTable(const Grouping& grouping, std::optional<int64_t> last_step);

  // Takes the next trial. Its curve needs only its first and its last point,
  // unless curves are cut off. The cost is amortized O(1) plus that of the
  // curve.
  void Add(const TrialCurve& curve);
  // Groups the trials. It must be called once, after the last trial.
  void Finish();

  absl::Span<const TrialRow> rows() const { return rows_; }
  // Returns the settings, in the order of their first trials.
  absl::Span<const SettingRows> settings() const { return settings_; }
  // Returns the numbers of the settings of a group.
  absl::Span<const size_t> SettingsOf(int64_t group) const {
    return by_group_[group];
  }
  const GroupCounts& CountsOf(int64_t group) const { return counts_[group]; }
  // Returns whether every trial of a group is finished.
  bool IsWhole(int64_t group) const {
    return counts_[group].finished == counts_[group].expected;
  }
  // Returns the mean of the final losses of the trials of a setting, or kNever
  // when one of them has none.
  double MeanFinalLoss(size_t setting) const;
  std::optional<int64_t> last_step() const { return last_step_; }

  // Returns the row of a trial, or nothing for a trial that was not given out.
  std::optional<size_t> RowOf(int64_t trial) const;

 private:
  const Grouping& grouping_;
  std::optional<int64_t> last_step_;
  std::vector<TrialRow> rows_;
  std::vector<SettingRows> settings_;
  std::vector<std::vector<size_t>> by_group_;
  std::vector<GroupCounts> counts_;
  // The place of each row, until Finish.
  std::vector<Grouping::Place> places_;
};

// Returns the part of the curve up to `last_step`, or the whole curve when
// `last_step` is unset.
TrialCurve CutOff(const TrialCurve& curve, std::optional<int64_t> last_step);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_TRIAL_TABLE_H_
