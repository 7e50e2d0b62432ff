#include "client/analysis/statistics/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "client/analysis/statistics/distributions.h"

namespace fathom::client {

uint64_t ResampleStream::Next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::vector<uint32_t> ResampleStream::Draw(size_t count) {
  const auto bound = static_cast<uint64_t>(count);
  // Numbers in the last, incomplete run of remainders are drawn again, so that
  // all remainders are equally likely.
  const uint64_t most = std::numeric_limits<uint64_t>::max();
  const uint64_t limit = most - most % bound;
  std::vector<uint32_t> times(count);
  for (size_t i = 0; i < count; ++i) {
    uint64_t number = Next();
    while (number >= limit) number = Next();
    ++times[number % bound];
  }
  return times;
}

size_t ResamplesOf(size_t count) {
  constexpr size_t kMost = 2000;
  constexpr size_t kLeast = 200;
  constexpr size_t kDraws = 200'000;
  return std::clamp(kDraws / count, kLeast, kMost);
}

absl::Span<const uint32_t> Resamples::Of(size_t count, size_t b) {
  if (weights_.size() <= count) weights_.resize(count + 1);
  std::vector<uint32_t>& all = weights_[count];
  if (all.empty()) {
    ResampleStream stream(stream_);
    const size_t resamples = ResamplesOf(count);
    all.reserve(resamples * count);
    for (size_t i = 0; i < resamples; ++i) {
      const std::vector<uint32_t> times = stream.Draw(count);
      all.insert(all.end(), times.begin(), times.end());
    }
  }
  return absl::MakeConstSpan(all).subspan(b * count, count);
}

double SmoothMedian::Of(absl::Span<const double> values,
                        absl::Span<const uint32_t> order,
                        absl::Span<const uint32_t> weights) {
  const size_t n = order.size();
  if (shares_.size() <= n) shares_.resize(n + 1);
  std::vector<double>& shares = shares_[n];
  if (shares.empty()) {
    const double shape = (static_cast<double>(n) + 1) / 2;
    for (size_t k = 0; k <= n; ++k) {
      shares.push_back(IncompleteBeta(
          static_cast<double>(k) / static_cast<double>(n), shape, shape));
    }
  }
  double median = 0;
  size_t before = 0;
  for (const uint32_t s : order) {
    if (weights[s] == 0) continue;
    const size_t up_to = before + weights[s];
    median += (shares[up_to] - shares[before]) * values[s];
    before = up_to;
  }
  return median;
}

std::optional<Interval> StudentInterval(double center,
                                        absl::Span<const double> resampled,
                                        size_t n, double correction,
                                        double estimate) {
  double mean = 0;
  for (const double value : resampled) {
    if (!std::isfinite(value)) return std::nullopt;
    mean += value / static_cast<double>(resampled.size());
  }
  double squares = 0;
  for (const double value : resampled)
    squares += (value - mean) * (value - mean);
  const double deviation =
      std::sqrt(squares / (static_cast<double>(resampled.size()) - 1));
  const double reach =
      StudentQuantile(kConfidence, static_cast<double>(n) - 1) * correction *
      deviation;
  return Interval{std::min(center - reach, estimate),
                  std::max(center + reach, estimate)};
}

}  // namespace fathom::client
