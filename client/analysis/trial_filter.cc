#include "client/analysis/trial_filter.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "proto/sweep/values.h"

namespace fathom::client {

TrialFilter::TrialFilter(const v1::SweepSpec& spec) {
  for (const v1::AxisGroup& group : spec.axes()) {
    const int64_t length = AxisLength(group.axes(0));
    parts_.push_back({.length = length, .taken = length});
  }
  int64_t stride = 1;
  for (size_t i = parts_.size(); i-- > 0;) {
    parts_[i].stride = stride;
    stride *= parts_[i].length;
  }
}

bool TrialFilter::Keep(size_t group, const v1::Axis& axis,
                       absl::FunctionRef<bool(const v1::Value&)> keeps) {
  takes_all_ = false;
  Part& part = parts_[group];
  if (part.takes.empty()) {
    part.takes.assign(static_cast<size_t>(part.length), true);
  }
  for (int64_t i = 0; i < part.length; ++i) {
    part.takes[i] = part.takes[i] && keeps(AxisValue(axis, i));
  }
  part.taken = absl::c_count(part.takes, true);
  return part.taken > 0;
}

bool TrialFilter::Takes(int64_t trial) const {
  return absl::c_all_of(parts_, [&](const Part& part) {
    return part.takes.empty() || part.takes[trial / part.stride % part.length];
  });
}

bool TrialFilter::TakesPosition(size_t group, int64_t position) const {
  return parts_[group].takes.empty() || parts_[group].takes[position];
}

int64_t TrialFilter::TrialsTaken() const {
  int64_t count = 1;
  for (const Part& part : parts_) count *= part.taken;
  return count;
}

std::optional<std::vector<int64_t>> TrialFilter::Trials(int64_t most) const {
  if (TrialsTaken() > most) return std::nullopt;
  std::vector<int64_t> trials = {0};
  for (size_t g = 0; g < parts_.size(); ++g) {
    std::vector<int64_t> longer;
    for (const int64_t trial : trials) {
      for (int64_t i = 0; i < parts_[g].length; ++i) {
        if (!TakesPosition(g, i)) continue;
        longer.push_back(trial + i * parts_[g].stride);
      }
    }
    trials = std::move(longer);
  }
  return trials;
}

}  // namespace fathom::client
