#include "client/analysis/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/algorithm/container.h"

namespace fathom {
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
  // From the sorted values, so that the order of the seeds is in no digit.
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

Bounded CensoredMedian(absl::Span<const std::optional<double>> steps,
                       double last) {
  std::vector<double> ascending;
  for (const std::optional<double>& step : steps) {
    ascending.push_back(step.value_or(std::numeric_limits<double>::infinity()));
  }
  absl::c_sort(ascending);
  const size_t upper = ascending.size() / 2;
  if (ascending.empty() || std::isinf(ascending[upper])) {
    return {last, Bounded::Kind::kAtLeast};
  }
  const size_t lower = (ascending.size() - 1) / 2;
  return {(ascending[lower] + ascending[upper]) / 2};
}

Interval PercentileInterval(std::vector<Bounded> sample, double level) {
  // Of equal values the bounds below come first and those above last.
  const auto rank = [](const Bounded& bounded) {
    return bounded.kind == Bounded::Kind::kAtMost    ? 0
           : bounded.kind == Bounded::Kind::kAtLeast ? 2
                                                     : 1;
  };
  absl::c_sort(sample, [&](const Bounded& a, const Bounded& b) {
    if (a.value != b.value) return a.value < b.value;
    return rank(a) < rank(b);
  });
  const auto count = static_cast<double>(sample.size());
  const double tail = (1 - level) / 2;
  // 0.025 of 1000 is rank 25, also where rounding makes it a little more.
  constexpr double kRounding = 1e-9;
  const auto at = [&](double share) {
    const double place = std::ceil(share * count - kRounding) - 1;
    return sample[static_cast<size_t>(std::clamp(place, 0.0, count - 1))];
  };
  return {at(tail), at(1 - tail)};
}

uint64_t ResampleStream::Next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::vector<int64_t> ResampleStream::Draw(int64_t count) {
  const auto bound = static_cast<uint64_t>(count);
  // Without the last, incomplete run of remainders all are equally likely.
  const uint64_t most = std::numeric_limits<uint64_t>::max();
  const uint64_t limit = most - most % bound;
  std::vector<int64_t> times(count);
  for (int64_t i = 0; i < count; ++i) {
    uint64_t number = Next();
    while (number >= limit) number = Next();
    ++times[number % bound];
  }
  return times;
}

}  // namespace fathom
