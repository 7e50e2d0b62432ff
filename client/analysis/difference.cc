#include "client/analysis/difference.h"

#include <cmath>
#include <map>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "client/analysis/statistics/distributions.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

// Returns how far an interval reaches to both sides, for two independent means
// with these squared standard errors: Welch's degrees of freedom.
double WelchReach(double first, double n_first, double second,
                  double n_second) {
  const double both = first + second;
  if (both == 0) return 0;
  const double freedom =
      both * both /
      (first * first / (n_first - 1) + second * second / (n_second - 1));
  return StudentQuantile(kConfidence, freedom) * std::sqrt(both);
}

std::string GroupKey(const std::vector<v1::Value>& group) {
  std::string key;
  for (const v1::Value& value : group) {
    absl::StrAppend(&key, ValueText(value), "\n");
  }
  return key;
}

absl::Span<const double> FiniteSample(const Cell& cell) {
  if (absl::c_all_of(cell.sample, [](double x) { return std::isfinite(x); })) {
    return cell.sample;
  }
  return {};
}

}  // namespace

Difference DifferenceOfMeans(const MeanOfSample& first,
                             const MeanOfSample& second) {
  Difference found;
  const double a = first.mean;
  const double b = second.mean;
  found.difference = b - a;
  const bool positive = a > 0 && b > 0;
  if (positive) found.ratio = b / a;
  if (!first.standard_error.has_value() || !second.standard_error.has_value()) {
    return found;
  }
  const auto n_a = static_cast<double>(first.count);
  const auto n_b = static_cast<double>(second.count);
  const double error_a = *first.standard_error;
  const double error_b = *second.standard_error;
  const double reach =
      WelchReach(error_a * error_a, n_a, error_b * error_b, n_b);
  found.interval = Interval{b - a - reach, b - a + reach};
  if (!positive) return found;
  // Of the logarithm of a mean, the error is that of the mean over the mean.
  const double log_a = error_a / a;
  const double log_b = error_b / b;
  const double log_reach = WelchReach(log_a * log_a, n_a, log_b * log_b, n_b);
  found.ratio_interval =
      Interval{b / a * std::exp(-log_reach), b / a * std::exp(log_reach)};
  return found;
}

Difference DifferenceOf(absl::Span<const double> first,
                        absl::Span<const double> second) {
  const auto mean_of = [](const SampleStatistics& sample) {
    return MeanOfSample{sample.count, sample.mean, sample.standard_error};
  };
  Difference found;
  std::optional<SampleStatistics> a, b;
  if (!first.empty()) a = Describe(first);
  if (!second.empty()) b = Describe(second);
  if (a.has_value() && b.has_value()) {
    found = DifferenceOfMeans(mean_of(*a), mean_of(*b));
  }
  found.first = a;
  found.second = b;
  return found;
}

std::vector<ComparedCell> CompareCells(const CellTable& first,
                                       const CellTable& second) {
  std::map<std::string, size_t> of_second;
  for (size_t i = 0; i < second.cells.size(); ++i) {
    of_second.emplace(GroupKey(second.cells[i].group), i);
  }
  std::vector<ComparedCell> rows;
  for (size_t i = 0; i < first.cells.size(); ++i) {
    ComparedCell& row = rows.emplace_back();
    row.group = first.cells[i].group;
    row.first = i;
    const auto found = of_second.find(GroupKey(row.group));
    if (found == of_second.end()) {
      row.difference = DifferenceOf(FiniteSample(first.cells[i]), {});
      continue;
    }
    row.second = found->second;
    row.difference = DifferenceOf(FiniteSample(first.cells[i]),
                                  FiniteSample(second.cells[found->second]));
    of_second.erase(found);
  }
  for (size_t i = 0; i < second.cells.size(); ++i) {
    const auto found = of_second.find(GroupKey(second.cells[i].group));
    if (found == of_second.end() || found->second != i) continue;
    rows.push_back(
        {.group = second.cells[i].group,
         .second = i,
         .difference = DifferenceOf({}, FiniteSample(second.cells[i]))});
  }
  return rows;
}

}  // namespace fathom::client
