#ifndef FATHOM_CLIENT_ANALYSIS_STATISTICS_INTERVAL_H_
#define FATHOM_CLIENT_ANALYSIS_STATISTICS_INTERVAL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

// This file has bootstrap intervals (docs/statistics.md, section 6). Its
// functions are pure.
namespace fathom::client {

// The confidence level of intervals.
inline constexpr double kConfidence = 0.95;
// Returns how many resamples an interval of `count` repetitions is made of:
// 2,000 for up to 100 repetitions, then 200,000 / count, but at least 200.
size_t ResamplesOf(size_t count);
// The least number of repetitions for which there is an interval.
inline constexpr size_t kLeastForInterval = 3;

// The ends of an interval; 0 and infinity stand for ends that are not known.
struct Interval {
  double low = 0;
  double high = 0;
};

// Random numbers for resampling, which are the same on every machine:
// SplitMix64 (Steele, Lea, Flood 2014) from a fixed start.
//
// Not thread-safe.
class ResampleStream {
 public:
  // Streams with different numbers `stream` draw different numbers.
  explicit ResampleStream(uint64_t stream = 0) : state_(kStart + stream) {}

  // Draws `count` times, with replacement, from `count` >= 1 things, and
  // returns how often each of them was drawn.
  std::vector<uint32_t> Draw(size_t count);

 private:
  static constexpr uint64_t kStart = 0x66617468'6f6d2121;  // "fathom!!"

  uint64_t Next();
  uint64_t state_;
};

// Resamples of some repetitions, as how often each repetition is drawn. The
// resamples for each number of repetitions are made once, when they are first
// asked for.
//
// Not thread-safe.
class Resamples {
 public:
  // Resamples with different numbers `stream` are drawn differently.
  explicit Resamples(uint64_t stream) : stream_(stream) {}

  // Returns how often each of `count` >= 1 repetitions is drawn in resample b,
  // where b < ResamplesOf(count).
  absl::Span<const uint32_t> Of(size_t count, size_t b);

 private:
  uint64_t stream_;
  std::vector<std::vector<uint32_t>> weights_;  // By count.
};

// The median of Harrell and Davis (1982): a mean of the ordered values, each
// weighted by how likely it is to be the median. It varies smoothly with the
// resample, which the plain median of few values does not.
//
// Not thread-safe.
class SmoothMedian {
 public:
  // Returns the median of the values of `order.size()` repetitions, where the
  // value of repetition s counts weights[s] times. `order` sorts the values,
  // and the weights add up to the number of repetitions. All values with a
  // positive weight must be finite. The cost is O(n).
  double Of(absl::Span<const double> values, absl::Span<const uint32_t> order,
            absl::Span<const uint32_t> weights);

 private:
  // shares_[n][k] is I_(k/n)((n+1)/2, (n+1)/2), for k = 0 ... n.
  std::vector<std::vector<double>> shares_;
};

// Returns center ± correction t s, widened to hold `estimate`: t is Student's
// quantile of n - 1 degrees of freedom at kConfidence, and s the standard
// deviation of `resampled`. Unset when a resampled value is not finite.
std::optional<Interval> StudentInterval(double center,
                                        absl::Span<const double> resampled,
                                        size_t n, double correction,
                                        double estimate);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_STATISTICS_INTERVAL_H_
