#include "client/analysis/speedup.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr char kDepthAxis[] = "depth";

DepthOutcome Outcome(const SummaryRow& row, int64_t depth,
                     const DepthComparison& comparison) {
  DepthOutcome outcome{.depth = depth};
  if (!row.best.back().has_value()) return outcome;
  outcome.last_value = row.best.back()->value;
  outcome.stopped = row.best.back()->stopped_earlier;
  if (!comparison.base_value.has_value()) return outcome;
  // The values of two that a rule stopped differ by what their last steps were
  // beyond its bound, which says nothing.
  const double target =
      outcome.stopped && comparison.base_stopped
          ? std::max(*comparison.base_value, *outcome.last_value)
          : *comparison.base_value;
  outcome.reached_step = FirstStepAtOrBelow(row.curve, target);
  if (outcome.reached_step.has_value()) {
    outcome.factor =
        *comparison.base_step / std::max(*outcome.reached_step, 1.0);
  }
  return outcome;
}

}  // namespace

std::vector<std::vector<size_t>> DepthFamilies(const SweepSummary& summary) {
  const auto depth_axis = absl::c_find(summary.by, kDepthAxis);
  if (depth_axis == summary.by.end()) return {};
  const size_t depth_at = depth_axis - summary.by.begin();
  std::vector<std::vector<size_t>> families;
  std::map<std::string, size_t> family_of;
  for (size_t r = 0; r < summary.rows.size(); ++r) {
    const std::vector<v1::Value>& group = summary.rows[r].group;
    std::string key;
    for (size_t i = 0; i < group.size(); ++i) {
      if (i != depth_at) absl::StrAppend(&key, ValueText(group[i]), "\n");
    }
    const auto [found, added] = family_of.emplace(key, families.size());
    if (added) families.emplace_back();
    families[found->second].push_back(r);
  }
  for (std::vector<size_t>& family : families) {
    absl::c_stable_sort(family, [&](size_t a, size_t b) {
      return DepthOf(summary, a) < DepthOf(summary, b);
    });
  }
  return families;
}

int64_t DepthOf(const SweepSummary& summary, size_t row) {
  const auto depth_axis = absl::c_find(summary.by, kDepthAxis);
  return summary.rows[row].group[depth_axis - summary.by.begin()].integer();
}

std::vector<DepthComparison> CompareDepths(const SweepSummary& summary) {
  std::vector<DepthComparison> comparisons;
  for (const std::vector<size_t>& family : DepthFamilies(summary)) {
    if (family.size() < 2) continue;
    const SummaryRow& shallowest = summary.rows[family[0]];
    DepthComparison& comparison = comparisons.emplace_back();
    for (size_t i = 0; i < summary.by.size(); ++i) {
      if (summary.by[i] == kDepthAxis) continue;
      comparison.axes.push_back(summary.by[i]);
      comparison.values.push_back(shallowest.group[i]);
    }
    comparison.base_depth = DepthOf(summary, family[0]);
    comparison.base_row = family[0];
    comparison.last_step = summary.steps.back();
    if (shallowest.best.back().has_value()) {
      const Best& base = *shallowest.best.back();
      comparison.base_value = base.value;
      comparison.base_stopped = base.stopped_earlier;
      comparison.base_step =
          FirstStepAtOrBelow(shallowest.curve, base.value)
              .value_or(static_cast<double>(comparison.last_step));
    }
    for (size_t i = 1; i < family.size(); ++i) {
      comparison.deeper.push_back(Outcome(
          summary.rows[family[i]], DepthOf(summary, family[i]), comparison));
      comparison.deeper.back().row = family[i];
    }
  }
  return comparisons;
}

}  // namespace fathom
