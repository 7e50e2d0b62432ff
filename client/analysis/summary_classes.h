#ifndef FATHOM_CLIENT_ANALYSIS_SUMMARY_CLASSES_H_
#define FATHOM_CLIENT_ANALYSIS_SUMMARY_CLASSES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fathom/v1/sweep.pb.h"

namespace fathom {

// Most rows of a summary.
inline constexpr int64_t kMostSummaryRows = 10000;

// Which trials of a sweep belong together in a summary, in terms of the
// positions on the axis groups that Space::PositionsAt returns. Holds no list
// of trials.
//
// Trials are in one *group* when they agree in the values of the axes in `by`,
// and of one *setting* when they also agree in those in `best_over`. Axes that
// move together may be in different lists, and values may repeat.
//
// Immutable.
class SummaryClasses {
 public:
  // Takes a normalized spec and SummaryOf(spec).
  SummaryClasses(const v1::SweepSpec& spec, const v1::SummarySpec& plan);

  // Number of groups; they are numbered in the order of the values of `by`, the
  // last axis in `by` varying fastest. Above kMostSummaryRows, only this is
  // known and nothing else may be called.
  int64_t group_count() const { return group_count_; }
  int64_t GroupOf(const std::vector<int64_t>& positions) const;

  // Values of the axes in `by` in a group.
  std::vector<v1::Value> GroupValues(int64_t group) const;

  // Something that is equal for trials of one setting of a group.
  std::vector<int64_t> SettingOf(const std::vector<int64_t>& positions) const;

  // Values of the axes in `best_over`.
  std::vector<v1::Value> SettingValues(
      const std::vector<int64_t>& positions) const;

  // Number of trials with the group and setting of this one.
  int64_t TrialsPerSetting(const std::vector<int64_t>& positions) const;

 private:
  // One axis group of the sweep.
  struct Part {
    // Per position: numbers that tell its values of `by` and `best_over` apart,
    // and how many positions share both.
    std::vector<int64_t> group;
    std::vector<int64_t> setting;
    std::vector<int64_t> shared;
    std::vector<int64_t> group_example;  // First position per group number.
  };
  // Where an axis of `by` or `best_over` is.
  struct AxisAt {
    int part = 0;
    v1::Axis axis = {};
  };

  std::vector<int64_t> Unrank(int64_t raw) const;

  std::vector<Part> parts_;
  std::vector<AxisAt> by_;
  std::vector<AxisAt> best_over_;
  int64_t group_count_ = 1;
  std::vector<int64_t> rank_;    // Raw group number to its place in the table.
  std::vector<int64_t> unrank_;  // And back.
};

}  // namespace fathom

#endif  // FATHOM_CLIENT_ANALYSIS_SUMMARY_CLASSES_H_
