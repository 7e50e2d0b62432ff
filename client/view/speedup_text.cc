#include "client/view/speedup_text.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/view/format.h"

namespace fathom {
namespace {

// Below this a curve counts as no faster: 1.0x in the sentence.
constexpr double kLeastFactor = 1.05;

// Two significant digits.
std::string StepText(double step) {
  const double scale = std::pow(
      10, std::max(0.0, std::floor(std::log10(std::max(step, 1.0))) - 1));
  return CountText(std::llround(std::round(step / scale) * scale));
}

// The mark is that of the table.
std::string ValueAtEnd(double value, bool stopped) {
  return absl::StrCat(MeasureText(value), stopped ? "+" : "");
}

std::string GroupText(const DepthComparison& comparison) {
  const std::string text = SettingsText(comparison.axes, comparison.values);
  return text.empty() ? "" : absl::StrCat(text, ": ");
}

std::string FasterText(const DepthComparison& comparison,
                       const std::vector<DepthOutcome>& faster,
                       v1::Metric metric) {
  std::string text = absl::StrCat(
      "depth ", faster[0].depth, " reached depth ", comparison.base_depth,
      "'s ", MetricLabel(metric), " at step ",
      CountText(std::llround(*comparison.base_step)), " (",
      ValueAtEnd(*comparison.base_value, comparison.base_stopped),
      ") at step ~", StepText(*faster[0].reached_step), ": ",
      absl::StrFormat("%.1f", *faster[0].factor), "x faster");
  for (size_t i = 1; i < faster.size(); ++i) {
    absl::StrAppend(&text, i == 1 ? " (" : ", ", "depth ", faster[i].depth,
                    " at ~", StepText(*faster[i].reached_step), ": ",
                    absl::StrFormat("%.1f", *faster[i].factor), "x",
                    i + 1 == faster.size() ? ")" : "");
  }
  return text;
}

}  // namespace

std::string ComparisonText(const DepthComparison& comparison,
                           v1::Metric metric) {
  const std::string group = GroupText(comparison);
  if (!comparison.base_value.has_value()) {
    return absl::StrCat(group, "nothing to compare with: no trial of depth ",
                        comparison.base_depth, " has a value at step ",
                        CountText(comparison.last_step));
  }
  std::vector<DepthOutcome> faster;
  const DepthOutcome* nearest = nullptr;
  for (const DepthOutcome& outcome : comparison.deeper) {
    if (outcome.factor.value_or(0) >= kLeastFactor) faster.push_back(outcome);
    if (outcome.last_value.has_value() &&
        (nearest == nullptr || *outcome.last_value < *nearest->last_value)) {
      nearest = &outcome;
    }
  }
  absl::c_stable_sort(faster, [](const DepthOutcome& a, const DepthOutcome& b) {
    return *a.factor > *b.factor;
  });
  if (!faster.empty()) {
    return absl::StrCat(group, FasterText(comparison, faster, metric));
  }
  if (nearest == nullptr) {
    return absl::StrCat(group, "no depth was faster (no deeper trial has a ",
                        "value at step ", CountText(comparison.last_step), ")");
  }
  return absl::StrCat(
      group, "no depth was faster (depth ", nearest->depth, " ended at ",
      ValueAtEnd(*nearest->last_value, nearest->stopped), " against ",
      ValueAtEnd(*comparison.base_value, comparison.base_stopped), ")");
}

}  // namespace fathom
