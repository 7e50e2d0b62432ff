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

// What an analysis keeps of the trials of a sweep: some numbers per trial, not
// its curve, so that a million trials fit into memory.
namespace fathom::client {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

// One trial that was given out.
struct TrialRow {
  int64_t trial = 0;
  v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
  int64_t steps = 0;                      // Taken.
  std::optional<double> final_loss = {};  // The last finite one.
  // The first and the last recorded value; without points `points` is false.
  bool points = false;
  double first = 0;
  double last = 0;
  int64_t last_step = 0;
};

// The repetitions of one setting that were given out.
struct SettingRows {
  int64_t group = 0;
  int64_t expected = 0;           // Trials that the setting has in all.
  std::vector<size_t> rows = {};  // Of TrialTable, ascending by trial.
  bool complete = false;          // All of them are finished.
  int64_t diverged = 0;
  std::vector<v1::Value> values = {};  // Of the axes in `best_over`.
};

// How the trials of a group stand.
struct GroupCounts {
  int64_t expected = 0;
  int64_t finished = 0;
  int64_t succeeded = 0;
  int64_t diverged = 0;
  int64_t stopped = 0;
  int64_t failed = 0;
  int64_t settings = 0;  // Settings with a trial that was given out.
  int64_t complete_settings = 0;
};

// The trials by group and setting.
//
// Built once from curves in ascending order of trials, then immutable.
class TrialTable {
 public:
  // Keeps a reference to `grouping`. Curves are cut off after `last_step`, if
  // it is set: a trial that goes on then counts as one that ended there.
  TrialTable(const Grouping& grouping, std::optional<int64_t> last_step);

  // Takes the next trial; its curve needs no points but the first and the last
  // one, unless curves are cut off. Amortized O(1) beyond the curve.
  void Add(const TrialCurve& curve);
  // To be called once after the last trial.
  void Finish();

  absl::Span<const TrialRow> rows() const { return rows_; }
  // In the order of their first trials.
  absl::Span<const SettingRows> settings() const { return settings_; }
  // The settings of a group, as numbers.
  absl::Span<const size_t> SettingsOf(int64_t group) const {
    return by_group_[group];
  }
  const GroupCounts& CountsOf(int64_t group) const { return counts_[group]; }
  // Returns whether no trial of a group is missing.
  bool IsWhole(int64_t group) const {
    return counts_[group].finished == counts_[group].expected;
  }
  // The mean, over the trials of a setting, of their final losses; kNever when
  // one has none.
  double MeanFinalLoss(size_t setting) const;
  std::optional<int64_t> last_step() const { return last_step_; }

  // The number of the row of a trial that was given out.
  std::optional<size_t> RowOf(int64_t trial) const;

 private:
  const Grouping& grouping_;
  std::optional<int64_t> last_step_;
  std::vector<TrialRow> rows_;
  std::vector<SettingRows> settings_;
  std::vector<std::vector<size_t>> by_group_;
  std::vector<GroupCounts> counts_;
  // Per row, until Finish: its place.
  std::vector<Grouping::Place> places_;
};

// Returns the curve up to `last_step`, if that is set.
TrialCurve CutOff(const TrialCurve& curve, std::optional<int64_t> last_step);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_TRIAL_TABLE_H_
