#include "client/analysis/trial_filter.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "proto/sweep/values.h"

namespace fathom::client {

TrialFilter::TrialFilter(const v1::SweepSpec& spec) {
  for (const v1::AxisGroup& group : spec.axes()) {
    const int64_t length = AxisLength(group.axes(0));
    parts_.push_back({.length = length, .taken = Positions(length)});
  }
  for (size_t i = parts_.size(); i-- > 0;) {
    parts_[i].stride = size_;
    size_ *= parts_[i].length;
  }
}

bool TrialFilter::Keep(size_t group, const v1::Axis& axis,
                       absl::FunctionRef<bool(const v1::Value&)> keeps) {
  std::vector<std::pair<int64_t, int64_t>> kept;
  for (int64_t i = 0; i < parts_[group].length; ++i) {
    if (!keeps(AxisValue(axis, i))) continue;
    if (!kept.empty() && kept.back().second == i) {
      ++kept.back().second;
    } else {
      kept.push_back({i, i + 1});
    }
  }
  return Keep(group, Positions(std::move(kept)));
}

bool TrialFilter::Keep(size_t group, const Positions& positions) {
  takes_all_ = false;
  parts_[group].taken.IntersectWith(positions);
  return parts_[group].taken.count() > 0;
}

bool TrialFilter::Takes(int64_t trial) const {
  if (trial < 0 || trial >= size_) return false;
  return takes_all_ || absl::c_all_of(parts_, [&](const Part& part) {
           return part.taken.Contains(part.PositionOf(trial));
         });
}

int64_t TrialFilter::TrialsTaken() const {
  int64_t count = 1;
  for (const Part& part : parts_) count *= part.taken.count();
  return count;
}

int64_t TrialFilter::CountBelow(int64_t trial) const {
  if (trial <= 0) return 0;
  int64_t combinations = TrialsTaken();
  if (trial >= size_) return combinations;
  if (takes_all_) return trial;
  int64_t count = 0;
  for (const Part& part : parts_) {
    if (combinations == 0) break;
    // Combinations of the groups after this one.
    combinations /= part.taken.count();
    const int64_t position = part.PositionOf(trial);
    count += part.taken.CountBelow(position) * combinations;
    if (!part.taken.Contains(position)) break;
  }
  return count;
}

int64_t TrialFilter::At(int64_t k) const {
  if (takes_all_) return k;
  int64_t trial = 0;
  for (size_t i = parts_.size(); i-- > 0;) {
    const int64_t count = parts_[i].taken.count();
    trial += parts_[i].taken.At(k % count) * parts_[i].stride;
    k /= count;
  }
  return trial;
}

std::optional<std::vector<int64_t>> TrialFilter::Trials(int64_t most) const {
  const int64_t count = TrialsTaken();
  if (count > most) return std::nullopt;
  std::vector<int64_t> trials;
  for (int64_t k = 0; k < count; ++k) trials.push_back(At(k));
  return trials;
}

}  // namespace fathom::client
