#include "client/analysis/summary_classes.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

// Numbers words in the order in which they first come.
class Numbering {
 public:
  int64_t Of(const std::string& word) {
    return numbers_.emplace(word, numbers_.size()).first->second;
  }

 private:
  std::map<std::string, int64_t> numbers_;
};

}  // namespace

SummaryClasses::SummaryClasses(const v1::SweepSpec& spec,
                               const v1::SummarySpec& plan) {
  std::map<std::string, AxisAt> axes;
  for (const v1::AxisGroup& group : spec.axes()) {
    const int part_index = static_cast<int>(parts_.size());
    Part& part = parts_.emplace_back();
    Numbering groups;
    Numbering settings;
    std::map<std::pair<int64_t, int64_t>, int64_t> shared;
    const int64_t length = AxisLength(group.axes(0));
    for (int64_t i = 0; i < length; ++i) {
      std::string in_group;
      std::string in_setting;
      for (const v1::Axis& axis : group.axes()) {
        const std::string text = ValueText(AxisValue(axis, i));
        if (absl::c_linear_search(plan.by(), axis.field())) {
          absl::StrAppend(&in_group, text, "\n");
        } else if (absl::c_linear_search(plan.best_over(), axis.field())) {
          absl::StrAppend(&in_setting, text, "\n");
        }
      }
      part.group.push_back(groups.Of(in_group));
      part.setting.push_back(settings.Of(in_setting));
      const auto number = static_cast<size_t>(part.group.back());
      if (number == part.group_example.size()) part.group_example.push_back(i);
      ++shared[{part.group.back(), part.setting.back()}];
    }
    for (int64_t i = 0; i < length; ++i) {
      part.shared.push_back(shared[{part.group[i], part.setting[i]}]);
    }
    for (const v1::Axis& axis : group.axes()) {
      axes[axis.field()] = AxisAt{part_index, axis};
    }
    group_count_ = std::min<int64_t>(
        group_count_ * static_cast<int64_t>(part.group_example.size()),
        kMostSummaryRows + 1);
  }
  for (const std::string& field : plan.by()) by_.push_back(axes[field]);
  for (const std::string& field : plan.best_over()) {
    best_over_.push_back(axes[field]);
  }
  if (group_count_ > kMostSummaryRows) return;

  // The order of the table is that of `by`, which need not be that of the axes.
  unrank_.resize(group_count_);
  std::iota(unrank_.begin(), unrank_.end(), 0);
  std::vector<std::vector<int64_t>> keys;
  for (int64_t raw = 0; raw < group_count_; ++raw) {
    const std::vector<int64_t> numbers = Unrank(raw);
    std::vector<int64_t>& key = keys.emplace_back();
    for (const AxisAt& axis : by_) key.push_back(numbers[axis.part]);
  }
  absl::c_stable_sort(unrank_,
                      [&](int64_t a, int64_t b) { return keys[a] < keys[b]; });
  rank_.resize(group_count_);
  for (int64_t i = 0; i < group_count_; ++i) rank_[unrank_[i]] = i;
}

// Splits a raw group number into the group numbers of the parts.
std::vector<int64_t> SummaryClasses::Unrank(int64_t raw) const {
  std::vector<int64_t> numbers(parts_.size());
  for (size_t i = parts_.size(); i-- > 0;) {
    const auto length = static_cast<int64_t>(parts_[i].group_example.size());
    numbers[i] = raw % length;
    raw /= length;
  }
  return numbers;
}

int64_t SummaryClasses::GroupOf(const std::vector<int64_t>& positions) const {
  int64_t raw = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    raw = raw * static_cast<int64_t>(parts_[i].group_example.size()) +
          parts_[i].group[positions[i]];
  }
  return rank_[raw];
}

std::vector<v1::Value> SummaryClasses::GroupValues(int64_t group) const {
  const std::vector<int64_t> numbers = Unrank(unrank_[group]);
  std::vector<v1::Value> values;
  for (const AxisAt& axis : by_) {
    values.push_back(AxisValue(
        axis.axis, parts_[axis.part].group_example[numbers[axis.part]]));
  }
  return values;
}

std::vector<int64_t> SummaryClasses::SettingOf(
    const std::vector<int64_t>& positions) const {
  std::vector<int64_t> setting;
  for (size_t i = 0; i < parts_.size(); ++i) {
    setting.push_back(parts_[i].setting[positions[i]]);
  }
  return setting;
}

std::vector<v1::Value> SummaryClasses::SettingValues(
    const std::vector<int64_t>& positions) const {
  std::vector<v1::Value> values;
  for (const AxisAt& axis : best_over_) {
    values.push_back(AxisValue(axis.axis, positions[axis.part]));
  }
  return values;
}

int64_t SummaryClasses::TrialsPerSetting(
    const std::vector<int64_t>& positions) const {
  int64_t count = 1;
  for (size_t i = 0; i < parts_.size(); ++i) {
    count *= parts_[i].shared[positions[i]];
  }
  return count;
}

}  // namespace fathom
