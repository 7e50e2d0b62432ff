#ifndef FATHOM_CLIENT_ANALYSIS_GROUPING_H_
#define FATHOM_CLIENT_ANALYSIS_GROUPING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "client/analysis/trial_filter.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// The largest number of groups that a summary may have.
inline constexpr int64_t kMostGroups = 10000;

// Says which trials of a sweep belong together (docs/statistics.md, section 1).
//
// Trials are in one *group* when they agree in the values of the axes in `by`,
// and of one *setting* when they also agree in those of `best_over`; the trials
// of a setting are its *repetitions*. Axes that move together may be in
// different lists, and the values of an axis may repeat. The memory does not
// grow with the number of trials, nor with the length of axes that are only
// averaged.
//
// Immutable.
class Grouping {
 public:
  // Takes a normalized spec and SummaryOf(spec), or a changed plan of the same
  // axes. Groups and counts are those of the trials that `filter` takes.
  Grouping(const v1::SweepSpec& spec, const v1::SummarySpec& plan,
           const TrialFilter& filter);
  // The same of all trials.
  Grouping(const v1::SweepSpec& spec, const v1::SummarySpec& plan)
      : Grouping(spec, plan, TrialFilter(spec)) {}

  // Returns the number of groups. Groups are numbered in the order of the
  // values of `by`, of which the last axis varies fastest. If there are more
  // than kMostGroups groups, the result is kMostGroups + 1, and no other method
  // may be called.
  int64_t group_count() const { return group_count_; }

  // Where a trial belongs. Trials with equal places are repetitions of one
  // setting.
  struct Place {
    int64_t group = 0;
    int64_t setting = 0;  // Tells settings apart; not a count.
  };
  // `trial` is one that the filter takes, here and below.
  Place PlaceOf(int64_t trial) const;

  // Returns the values of the axes in `by` in a group.
  std::vector<v1::Value> GroupValues(int64_t group) const;
  // Returns the values of the axes in `best_over` in a trial.
  std::vector<v1::Value> SettingValues(int64_t trial) const;
  // Returns the values of the averaged axes in a trial, as one text.
  std::string RepetitionKey(int64_t trial) const;

  // These methods return the number of trials that share the group and setting
  // of `trial`, and the number of trials of a group.
  int64_t TrialsPerSetting(int64_t trial) const;
  int64_t TrialsPerGroup(int64_t group) const;
  // Returns the number of settings that a group has in the grid.
  int64_t SettingsPerGroup(int64_t group) const;

 private:
  // One axis group of the sweep.
  struct Part {
    int64_t length = 1;
    int64_t stride = 1;  // Distance in index of neighbours.
    int64_t taken = 1;   // Positions that the filter takes.
    // For each position that the filter takes: numbers that tell its values of
    // `by` and of `best_over` apart, and how many positions share both numbers.
    // The lists are empty when all axes of the group are averaged; then the
    // numbers are 0 and all positions share them. Positions that are not taken
    // have 0.
    std::vector<int64_t> group = {};
    std::vector<int64_t> setting = {};
    std::vector<int64_t> shared = {};
    std::vector<int64_t> group_example = {0};  // First position, by number.
    std::vector<int64_t> group_size = {};      // Positions, by number.
    std::vector<int64_t> group_settings = {};  // Settings, by number.
    int64_t settings = 1;                      // Count of setting numbers.
  };
  // An axis in one of the lists, and the axis group that it is in.
  struct AxisAt {
    size_t part = 0;
    v1::Axis axis = {};
  };

  static Part MakePart(const v1::AxisGroup& group, const v1::SummarySpec& plan,
                       const TrialFilter& filter, size_t number);
  int64_t PositionAt(size_t part, int64_t trial) const;
  std::vector<int64_t> Unrank(int64_t raw) const;
  void RankGroups();

  std::vector<Part> parts_;
  std::vector<AxisAt> by_;
  std::vector<AxisAt> best_over_;
  std::vector<AxisAt> average_over_;
  int64_t group_count_ = 1;
  std::vector<int64_t> rank_;    // From raw group numbers to groups.
  std::vector<int64_t> unrank_;  // From groups to raw numbers.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_GROUPING_H_
