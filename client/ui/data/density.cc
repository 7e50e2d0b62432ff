#include "client/ui/data/density.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/ui/data/columns.h"
#include "client/ui/data/number_json.h"

namespace fathom::client {
namespace {

constexpr double kNotThere = std::numeric_limits<double>::quiet_NaN();
constexpr double kBeyond = std::numeric_limits<double>::infinity();
// Space around the curves, as a part of the height.
constexpr double kMargin = 0.02;
constexpr std::pair<const char*, double> kQuantiles[] = {
    {"q05", 0.05}, {"q25", 0.25}, {"q50", 0.5}, {"q75", 0.75}, {"q95", 0.95}};

// Returns a number that looks like chance and depends on the trial alone
// (SplitMix64).
uint64_t ChanceOf(int64_t trial) {
  uint64_t x = static_cast<uint64_t>(trial) + 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Returns the quantile of an ascending sample that may end in infinities, as
// Quantile() does.
double QuantileOf(absl::Span<const double> ascending, double share) {
  if (ascending.empty()) return kNotThere;
  const double at = share * static_cast<double>(ascending.size() - 1);
  const auto low = static_cast<size_t>(at);
  const double part = at - static_cast<double>(low);
  if (part <= 0 || low + 1 >= ascending.size()) return ascending[low];
  if (std::isinf(ascending[low + 1])) return kBeyond;
  return ascending[low] + part * (ascending[low + 1] - ascending[low]);
}

}  // namespace

void FrameFinder::Heights::Add(double value) {
  low = any ? std::min(low, value) : value;
  high = any ? std::max(high, value) : value;
  if (value > 0 && (low_positive == 0 || value < low_positive)) {
    low_positive = value;
  }
  any = true;
}

void FrameFinder::Add(const TrialCurve& curve) {
  Heights& heights =
      curve.state == v1::TRIAL_STATE_DIVERGED ? diverged_ : trained_;
  for (const double value : curve.values) {
    if (std::isfinite(value)) heights.Add(value);
  }
  if (!curve.at.empty() &&
      (longest_.empty() || curve.at.back() > longest_.back())) {
    longest_.assign(curve.at.begin(), curve.at.end());
  }
}

std::vector<int64_t> FrameFinder::StepsWithin(
    const DensityWindow& window) const {
  if (!window.steps.has_value()) return longest_;
  std::vector<int64_t> steps;
  for (size_t i = 0; i < longest_.size(); ++i) {
    // Bands reach beyond what is seen, to the next step on either side.
    const size_t next = std::min(i + 1, longest_.size() - 1);
    if (static_cast<double>(longest_[next]) < window.steps->first) continue;
    steps.push_back(longest_[i]);
    if (static_cast<double>(longest_[i]) > window.steps->second) break;
  }
  return steps;
}

DensityFrame FrameFinder::Find(bool log_x, bool log_y, int bins_x, int bins_y,
                               const DensityWindow& window) const {
  const Heights& heights = trained_.any ? trained_ : diverged_;
  DensityFrame frame = {.bins_x = bins_x, .bins_y = bins_y};
  const int64_t last = longest_.empty() ? 1 : longest_.back();
  frame.log_x = log_x && last > 1;
  frame.low_x = frame.log_x ? 1 : 0;
  frame.high_x = static_cast<double>(std::max<int64_t>(last, 1));
  frame.log_y = log_y && heights.low_positive > 0;
  if (heights.any) {
    frame.low_y = frame.log_y ? heights.low_positive : heights.low;
    frame.high_y = heights.high;
  }
  if (frame.log_y) {
    // A single value gets a decade around it.
    const double ratio = frame.high_y / frame.low_y;
    const double space = ratio > 1.001 ? std::pow(ratio, kMargin) : 3;
    frame.low_y /= space;
    frame.high_y *= space;
  } else {
    const double range = frame.high_y - frame.low_y;
    const double space =
        range > 0 ? kMargin * range : std::max(1e-3, std::abs(frame.high_y));
    frame.low_y -= space;
    frame.high_y += space;
  }
  if (window.steps.has_value() && window.steps->second > frame.low_x) {
    frame.low_x = std::max(frame.low_x, window.steps->first);
    frame.high_x = window.steps->second;
  }
  if (window.values.has_value() &&
      (!frame.log_y || window.values->second > 0)) {
    // A window down to zero has the lowest value that there is.
    if (!frame.log_y || window.values->first > 0) {
      frame.low_y = window.values->first;
    }
    if (window.values->second > frame.low_y) {
      frame.high_y = window.values->second;
    }
  }
  const std::vector<int64_t> steps = StepsWithin(window);
  const auto count = static_cast<int64_t>(steps.size());
  const auto most = static_cast<int64_t>(Density::kMostSteps);
  const int64_t taken = std::min(count, most);
  for (int64_t i = 0; i < taken; ++i) {
    frame.steps.push_back(
        steps[taken == count ? i : i * (count - 1) / (taken - 1)]);
  }
  return frame;
}

Density::Density(DensityFrame frame, const Groups& groups)
    : frame_(std::move(frame)),
      groups_(groups),
      counts_(static_cast<size_t>(frame_.bins_x) * frame_.bins_y),
      by_group_(std::max<size_t>(1, groups.size())),
      places_(frame_.bins_x) {}

double Density::XOf(double step) const {
  return frame_.log_x ? std::log(std::max(step, 1.0)) : step;
}

double Density::YOf(double value) const {
  if (!std::isfinite(value)) return kNotThere;
  if (!frame_.log_y) return value;
  return value > 0 ? std::log(value) : kNotThere;
}

void Density::FindPlaces(const TrialCurve& curve) {
  if (absl::MakeConstSpan(grid_) == curve.at) return;
  grid_.assign(curve.at.begin(), curve.at.end());
  const double low = XOf(frame_.low_x);
  const double width = (XOf(frame_.high_x) - low) / frame_.bins_x;
  size_t before = 0;
  for (int bin = 0; bin < frame_.bins_x; ++bin) {
    const double x = low + (bin + 0.5) * width;
    while (before + 1 < grid_.size() &&
           XOf(static_cast<double>(grid_[before + 1])) <= x) {
      ++before;
    }
    Between& place = places_[bin];
    place = {before, -1};  // Beyond its ends the curve is not there.
    if (before + 1 >= grid_.size()) continue;
    const double from = XOf(static_cast<double>(grid_[before]));
    const double to = XOf(static_cast<double>(grid_[before + 1]));
    if (x >= from && to > from) place.part = (x - from) / (to - from);
  }
}

void Density::Draw(const TrialCurve& curve) {
  heights_.clear();
  for (const double value : curve.values) {
    heights_.push_back(YOf(value));
    if (value == 0) ++zeros_;
    if (!std::isfinite(value)) ++not_finite_;
  }
  const double low = YOf(frame_.low_y);
  const double per_bin = frame_.bins_y / (YOf(frame_.high_y) - low);
  const auto count = [&](int bin_x, double height) {
    const double bin = (height - low) * per_bin;
    if (!(bin >= 0)) {
      if (bin < 0) ++below_;
    } else if (bin >= frame_.bins_y) {
      ++above_;
    } else {
      ++counts_[static_cast<size_t>(bin) * frame_.bins_x + bin_x];
    }
  };
  if (curve.at.size() == 1) {  // A curve of one point is a dot.
    const double from = XOf(frame_.low_x);
    const double share = (XOf(static_cast<double>(curve.at[0])) - from) /
                         (XOf(frame_.high_x) - from);
    if (share < 0 || share > 1) return;
    count(std::min(static_cast<int>(share * frame_.bins_x), frame_.bins_x - 1),
          heights_[0]);
    return;
  }
  FindPlaces(curve);
  for (int bin = 0; bin < frame_.bins_x; ++bin) {
    const Between& place = places_[bin];
    if (place.part < 0) continue;
    const double from = heights_[place.before];
    count(bin, from + place.part * (heights_[place.before + 1] - from));
  }
}

void Density::Sample(const TrialCurve& curve, Group* group) {
  const std::pair<uint64_t, size_t> chance = {ChanceOf(curve.trial),
                                              group->drawn.size()};
  const size_t steps = frame_.steps.size();
  size_t place = chance.second;
  if (group->drawn.size() < kMostSampled) {
    group->values.resize((place + 1) * steps);
  } else {
    if (chance.first >= group->drawn.front().first) return;
    absl::c_pop_heap(group->drawn);
    place = group->drawn.back().second;
    group->drawn.pop_back();
  }
  group->drawn.push_back({chance.first, place});
  absl::c_push_heap(group->drawn);
  const bool diverged = curve.state == v1::TRIAL_STATE_DIVERGED;
  size_t next = 0;
  for (size_t s = 0; s < steps; ++s) {
    while (next < curve.at.size() && curve.at[next] <= frame_.steps[s]) ++next;
    double value = kNotThere;
    if (next > 0 &&
        (next < curve.at.size() || curve.at[next - 1] == frame_.steps[s])) {
      value = curve.values[next - 1];
      if (std::isnan(value) && diverged) value = kBeyond;
    } else if (next > 0 && diverged) {
      value = kBeyond;
    }
    group->values[place * steps + s] = value;
  }
}

void Density::Add(const TrialCurve& curve) {
  ++trials_;
  if (!curve.at.empty()) Draw(curve);
  const int32_t number = groups_.by().empty() ? 0 : groups_.Of(curve.trial);
  if (number < 0) return;
  Group& group = by_group_[number];
  ++group.trials;
  if (curve.state == v1::TRIAL_STATE_DIVERGED) {
    const int64_t last = curve.at.empty() ? 0 : curve.at.back();
    const auto at = static_cast<double>(std::max(curve.steps, last));
    if (group.diverged_at.size() < kMostMarks) {
      group.diverged_at.push_back(at);
    } else {
      const uint64_t place =
          ChanceOf(curve.trial) % static_cast<uint64_t>(group.diverged + 1);
      if (place < kMostMarks) group.diverged_at[place] = at;
    }
    ++group.diverged;
  }
  Sample(curve, &group);
}

nlohmann::ordered_json Density::GroupsJson() const {
  nlohmann::ordered_json json = groups_.Json();
  if (groups_.by().empty()) json.push_back({{"label", ""}, {"value", nullptr}});
  for (size_t g = 0; g < json.size(); ++g) {
    json[g]["trials"] = by_group_[g].trials;
    json[g]["diverged"] = by_group_[g].diverged;
    json[g]["sampled"] = by_group_[g].drawn.size();
  }
  return json;
}

std::string Density::Answer(nlohmann::ordered_json header) const {
  header["by"] = groups_.by();
  header["trials"] = trials_;
  header["x"] = {{"log", frame_.log_x},
                 {"low", frame_.low_x},
                 {"high", frame_.high_x},
                 {"bins", frame_.bins_x}};
  header["y"] = {{"log", frame_.log_y},
                 {"low", frame_.low_y},
                 {"high", frame_.high_y},
                 {"bins", frame_.bins_y},
                 {"zero", zeros_},
                 {"nan", not_finite_},
                 {"inf", 0},
                 {"above", above_},
                 {"below", below_}};
  header["groups"] = GroupsJson();
  Columns columns;
  columns.Add("count", counts_);
  columns.Add("steps",
              std::vector<double>(frame_.steps.begin(), frame_.steps.end()));
  const size_t steps = frame_.steps.size();
  for (size_t g = 0; g < by_group_.size(); ++g) {
    const Group& group = by_group_[g];
    std::vector<std::vector<double>> quantiles(std::size(kQuantiles));
    std::vector<double> sample;
    for (size_t s = 0; s < steps; ++s) {
      sample.clear();
      for (size_t place = 0; place < group.drawn.size(); ++place) {
        const double value = group.values[place * steps + s];
        if (!std::isnan(value)) sample.push_back(value);
      }
      absl::c_sort(sample);
      for (size_t q = 0; q < quantiles.size(); ++q) {
        quantiles[q].push_back(QuantileOf(sample, kQuantiles[q].second));
      }
    }
    for (size_t q = 0; q < quantiles.size(); ++q) {
      columns.Add(absl::StrCat("g", g, ".", kQuantiles[q].first), quantiles[q]);
    }
    columns.Add(absl::StrCat("g", g, ".diverged_at"), group.diverged_at);
  }
  return columns.Finish(std::move(header));
}

}  // namespace fathom::client
