#include "client/analysis/race/edges.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "absl/strings/match.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

std::optional<double> NumberOf(const v1::Value& value) {
  if (value.has_number()) return value.number();
  if (value.has_integer()) return static_cast<double>(value.integer());
  return std::nullopt;
}

// Returns whether two settings differ in nothing but the value at `axis`.
bool AgreeElsewhere(const SettingRows& a, const SettingRows& b, size_t axis) {
  for (size_t i = 0; i < a.values.size(); ++i) {
    if (i != axis && ValueText(a.values[i]) != ValueText(b.values[i])) {
      return false;
    }
  }
  return true;
}

AxisEdge EdgeAt(const std::map<double, bool>& diverged_at, double value) {
  AxisEdge edge{.value = value};
  const auto at = diverged_at.find(value);
  const bool first = at == diverged_at.begin();
  const bool last = std::next(at) == diverged_at.end();
  edge.kind = first && last ? AxisEdge::Kind::kOnly
              : first       ? AxisEdge::Kind::kSmallest
              : last        ? AxisEdge::Kind::kLargest
                            : AxisEdge::Kind::kInside;
  if (!first) {
    edge.below = std::prev(at)->first;
    edge.below_diverged = std::prev(at)->second;
  }
  if (!last) {
    edge.above = std::next(at)->first;
    edge.above_diverged = std::next(at)->second;
  }
  double ratio = 0;
  if (edge.below.value_or(0) > 0) ratio = value / *edge.below;
  if (edge.above && value > 0) ratio = std::max(ratio, *edge.above / value);
  if (ratio > 0) edge.ratio = ratio;
  return edge;
}

}  // namespace

std::vector<AxisEdge> EdgesOf(const TrialTable& table, size_t chosen,
                              const std::vector<std::string>& best_over,
                              const std::vector<size_t>& tied) {
  const SettingRows& setting = table.settings()[chosen];
  std::vector<AxisEdge> edges;
  for (size_t axis = 0; axis < setting.values.size(); ++axis) {
    // Seeds are numbers without an order that matters.
    const std::optional<double> value = NumberOf(setting.values[axis]);
    if (!value.has_value() || absl::EndsWith(best_over[axis], "seed")) continue;
    std::map<double, bool> diverged_at;
    for (const size_t s : table.SettingsOf(setting.group)) {
      const SettingRows& other = table.settings()[s];
      if (!AgreeElsewhere(setting, other, axis)) continue;
      diverged_at[*NumberOf(other.values[axis])] |= other.diverged > 0;
    }
    AxisEdge& edge = edges.emplace_back(EdgeAt(diverged_at, *value));
    edge.axis = best_over[axis];
    edge.tied_least = edge.tied_most = *value;
    for (const size_t s : tied) {
      const SettingRows& other = table.settings()[s];
      if (!AgreeElsewhere(setting, other, axis)) continue;
      const double same = *NumberOf(other.values[axis]);
      edge.tied_least = std::min(edge.tied_least, same);
      edge.tied_most = std::max(edge.tied_most, same);
    }
  }
  return edges;
}

}  // namespace fathom::client
