#ifndef FATHOM_CLIENT_ANALYSIS_GROUPING_H_
#define FATHOM_CLIENT_ANALYSIS_GROUPING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Most groups of a summary.
inline constexpr int64_t kMostGroups = 10000;

// Which trials of a sweep belong together (docs/statistics.md, section 1).
//
// Trials are in one *group* when they agree in the values of the axes in `by`,
// and of one *setting* when they also agree in those of `best_over`; the trials
// of a setting are its *repetitions*. Axes that move together may be in
// different lists, and values may repeat. Holds no list of trials, and nothing
// in the size of an axis that is only averaged.
//
// Immutable.
class Grouping {
 public:
  // Takes a normalized spec and SummaryOf(spec).
  Grouping(const v1::SweepSpec& spec, const v1::SummarySpec& plan);

  // Number of groups; they are numbered in the order of the values of `by`, the
  // last axis in `by` varying fastest. Above kMostGroups only this is known, it
  // is kMostGroups + 1, and nothing else may be called.
  int64_t group_count() const { return group_count_; }

  // Where a trial belongs. Trials with equal places are repetitions of one
  // setting.
  struct Place {
    int64_t group = 0;
    int64_t setting = 0;  // A number that tells settings apart, not a count.
  };
  Place PlaceOf(int64_t trial) const;

  // Values of the axes in `by` in a group.
  std::vector<v1::Value> GroupValues(int64_t group) const;
  // Values of the axes in `best_over` of a trial.
  std::vector<v1::Value> SettingValues(int64_t trial) const;
  // The values of the averaged axes of a trial in one text.
  std::string RepetitionKey(int64_t trial) const;

  // Number of trials with the group and setting of this one, and of a group.
  int64_t TrialsPerSetting(int64_t trial) const;
  int64_t TrialsPerGroup(int64_t group) const;
  // Number of settings that a group has in the grid.
  int64_t SettingsPerGroup(int64_t group) const;

 private:
  // One axis group of the sweep.
  struct Part {
    int64_t length = 1;
    int64_t stride = 1;  // Distance in index of neighbouring positions.
    // Per position: numbers that tell its values of `by` and `best_over` apart,
    // and how many positions share both. Empty when all its axes are averaged:
    // then the numbers are 0 and all positions share them.
    std::vector<int64_t> group = {};
    std::vector<int64_t> setting = {};
    std::vector<int64_t> shared = {};
    std::vector<int64_t> group_example = {0};  // First position per number.
    std::vector<int64_t> group_size = {};      // Positions per number,
    std::vector<int64_t> group_settings = {};  // and settings among them.
    int64_t settings = 1;                      // Different numbers.
  };
  // Where an axis of a list is.
  struct AxisAt {
    size_t part = 0;
    v1::Axis axis = {};
  };

  static Part MakePart(const v1::AxisGroup& group, const v1::SummarySpec& plan);
  int64_t PositionAt(size_t part, int64_t trial) const;
  std::vector<int64_t> Unrank(int64_t raw) const;
  void RankGroups();

  std::vector<Part> parts_;
  std::vector<AxisAt> by_;
  std::vector<AxisAt> best_over_;
  std::vector<AxisAt> average_over_;
  int64_t group_count_ = 1;
  std::vector<int64_t> rank_;    // Raw group number to its place in the table.
  std::vector<int64_t> unrank_;  // And back.
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_GROUPING_H_
