#include "client/analysis/statistics/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/algorithm/container.h"

namespace fathom::client {
namespace {

double Mean(absl::Span<const double> sample) {
  double sum = 0;
  for (const double value : sample) sum += value;
  return sum / static_cast<double>(sample.size());
}

}  // namespace

std::optional<double> StandardError(absl::Span<const double> sample) {
  if (sample.size() < 2) return std::nullopt;
  const double mean = Mean(sample);
  double squares = 0;
  for (const double value : sample) squares += (value - mean) * (value - mean);
  const auto count = static_cast<double>(sample.size());
  return std::sqrt(squares / (count - 1) / count);
}

SampleStatistics Describe(absl::Span<const double> sample) {
  std::vector<double> ascending(sample.begin(), sample.end());
  absl::c_sort(ascending);
  // Sums run over the sorted values, so that the order of the seeds changes no
  // digit.
  return {.count = static_cast<int64_t>(ascending.size()),
          .mean = Mean(ascending),
          .standard_error = StandardError(ascending),
          .least = ascending.front(),
          .p5 = Quantile(ascending, 0.05),
          .p25 = Quantile(ascending, 0.25),
          .median = Quantile(ascending, 0.5),
          .p75 = Quantile(ascending, 0.75),
          .p95 = Quantile(ascending, 0.95),
          .most = ascending.back()};
}

double Quantile(absl::Span<const double> ascending, double share) {
  const double at = share * static_cast<double>(ascending.size() - 1);
  const auto low = static_cast<size_t>(at);
  if (low + 1 >= ascending.size()) return ascending.back();
  const double part = at - static_cast<double>(low);
  return ascending[low] + part * (ascending[low + 1] - ascending[low]);
}

}  // namespace fathom::client
