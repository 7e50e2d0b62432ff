#include "client/analysis/grouping.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/values.h"

namespace fathom::client {
namespace {

// Numbers words in the order in which they first appear.
class Numbering {
 public:
  int64_t Of(const std::string& word) {
    return numbers_.emplace(word, numbers_.size()).first->second;
  }
  int64_t size() const { return static_cast<int64_t>(numbers_.size()); }

 private:
  std::map<std::string, int64_t> numbers_;
};

bool IsIn(const google::protobuf::RepeatedPtrField<std::string>& list,
          const std::string& field) {
  return absl::c_linear_search(list, field);
}

}  // namespace

Grouping::Part Grouping::MakePart(const v1::AxisGroup& group,
                                  const v1::SummarySpec& plan,
                                  const TrialFilter& filter, size_t number) {
  Part part{.length = AxisLength(group.axes(0)),
            .taken = filter.Taken(number).count()};
  if (absl::c_none_of(group.axes(), [&](const v1::Axis& axis) {
        return IsIn(plan.by(), axis.field()) ||
               IsIn(plan.best_over(), axis.field());
      })) {
    return part;
  }
  Numbering groups;
  Numbering settings;
  std::map<std::pair<int64_t, int64_t>, int64_t> shared;
  part.group_example.clear();
  for (int64_t i = 0; i < part.length; ++i) {
    if (!filter.Taken(number).Contains(i)) {
      part.group.push_back(0);
      part.setting.push_back(0);
      continue;
    }
    std::string in_group;
    std::string in_setting;
    for (const v1::Axis& axis : group.axes()) {
      const bool by = IsIn(plan.by(), axis.field());
      if (!by && !IsIn(plan.best_over(), axis.field())) continue;
      absl::StrAppend(by ? &in_group : &in_setting,
                      ValueText(AxisValue(axis, i)), "\n");
    }
    part.group.push_back(groups.Of(in_group));
    part.setting.push_back(settings.Of(in_setting));
    const auto own = static_cast<size_t>(part.group.back());
    if (own == part.group_example.size()) {
      part.group_example.push_back(i);
      part.group_size.push_back(0);
    }
    ++part.group_size[own];
    ++shared[{part.group.back(), part.setting.back()}];
  }
  part.settings = settings.size();
  part.group_settings.assign(part.group_size.size(), 0);
  for (const auto& [place, count] : shared) ++part.group_settings[place.first];
  for (int64_t i = 0; i < part.length; ++i) {
    part.shared.push_back(filter.Taken(number).Contains(i)
                              ? shared[{part.group[i], part.setting[i]}]
                              : 0);
  }
  return part;
}

Grouping::Grouping(const v1::SweepSpec& spec, const v1::SummarySpec& plan,
                   const TrialFilter& filter) {
  std::map<std::string, AxisAt> axes;
  for (const v1::AxisGroup& group : spec.axes()) {
    for (const v1::Axis& axis : group.axes()) {
      axes[axis.field()] = AxisAt{parts_.size(), axis};
    }
    parts_.push_back(MakePart(group, plan, filter, parts_.size()));
    group_count_ = std::min<int64_t>(
        group_count_ * static_cast<int64_t>(parts_.back().group_example.size()),
        kMostGroups + 1);
  }
  int64_t stride = 1;
  for (size_t i = parts_.size(); i-- > 0;) {
    parts_[i].stride = stride;
    stride *= parts_[i].length;
  }
  for (const std::string& field : plan.by()) by_.push_back(axes[field]);
  for (const std::string& field : plan.best_over()) {
    best_over_.push_back(axes[field]);
  }
  for (const std::string& field : plan.average_over()) {
    average_over_.push_back(axes[field]);
  }
  if (group_count_ <= kMostGroups) RankGroups();
}

// Groups are ordered by the axes in `by`, whose order may differ from that of
// the axes in the spec.
void Grouping::RankGroups() {
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
std::vector<int64_t> Grouping::Unrank(int64_t raw) const {
  std::vector<int64_t> numbers(parts_.size());
  for (size_t i = parts_.size(); i-- > 0;) {
    const auto length = static_cast<int64_t>(parts_[i].group_example.size());
    numbers[i] = raw % length;
    raw /= length;
  }
  return numbers;
}

int64_t Grouping::PositionAt(size_t part, int64_t trial) const {
  return trial / parts_[part].stride % parts_[part].length;
}

Grouping::Place Grouping::PlaceOf(int64_t trial) const {
  int64_t raw = 0;
  int64_t setting = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    if (part.group.empty()) continue;
    const int64_t position = PositionAt(i, trial);
    raw = raw * static_cast<int64_t>(part.group_example.size()) +
          part.group[position];
    setting = setting * part.settings + part.setting[position];
  }
  return {rank_[raw], setting};
}

std::vector<v1::Value> Grouping::GroupValues(int64_t group) const {
  const std::vector<int64_t> numbers = Unrank(unrank_[group]);
  std::vector<v1::Value> values;
  for (const AxisAt& axis : by_) {
    values.push_back(AxisValue(
        axis.axis, parts_[axis.part].group_example[numbers[axis.part]]));
  }
  return values;
}

std::vector<v1::Value> Grouping::SettingValues(int64_t trial) const {
  std::vector<v1::Value> values;
  for (const AxisAt& axis : best_over_) {
    values.push_back(AxisValue(axis.axis, PositionAt(axis.part, trial)));
  }
  return values;
}

std::string Grouping::RepetitionKey(int64_t trial) const {
  std::string key;
  for (const AxisAt& axis : average_over_) {
    absl::StrAppend(
        &key, ValueText(AxisValue(axis.axis, PositionAt(axis.part, trial))),
        "\n");
  }
  return key;
}

int64_t Grouping::TrialsPerSetting(int64_t trial) const {
  int64_t count = 1;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    count *=
        part.shared.empty() ? part.taken : part.shared[PositionAt(i, trial)];
  }
  return count;
}

int64_t Grouping::TrialsPerGroup(int64_t group) const {
  const std::vector<int64_t> numbers = Unrank(unrank_[group]);
  int64_t count = 1;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    count *= part.group_size.empty() ? part.taken : part.group_size[numbers[i]];
  }
  return count;
}

int64_t Grouping::SettingsPerGroup(int64_t group) const {
  const std::vector<int64_t> numbers = Unrank(unrank_[group]);
  int64_t count = 1;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    if (!part.group_settings.empty()) count *= part.group_settings[numbers[i]];
  }
  return count;
}

}  // namespace fathom::client
