#ifndef FATHOM_CLIENT_ANALYSIS_INTERVAL_H_
#define FATHOM_CLIENT_ANALYSIS_INTERVAL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

// Bootstrap intervals (docs/statistics.md, section 6). Pure functions.
namespace fathom::client {

// The level of intervals.
inline constexpr double kConfidence = 0.95;
// Returns how many resamples an interval of so many repetitions takes: 2,000 up
// to 100 of them, then fewer, so that they draw 200,000 in all, but 200 at
// least.
size_t ResamplesOf(size_t count);
// With fewer repetitions there is no interval.
inline constexpr size_t kLeastForInterval = 3;

// The ends of an interval; 0 and infinity where no end is known.
struct Interval {
  double low = 0;
  double high = 0;
};

// Random numbers for resampling, the same on every machine: SplitMix64 (Steele,
// Lea, Flood 2014) from a fixed start.
//
// Not thread-safe.
class ResampleStream {
 public:
  // `stream` tells apart draws that must not be alike.
  explicit ResampleStream(uint64_t stream = 0) : state_(kStart + stream) {}

  // Returns how often each of `count` >= 1 things is drawn in `count` draws
  // with replacement.
  std::vector<uint32_t> Draw(size_t count);

 private:
  static constexpr uint64_t kStart = 0x66617468'6f6d2121;  // "fathom!!"

  uint64_t Next();
  uint64_t state_;
};

// Resamples of some repetitions: how often each of them is drawn. Makes those
// of every number of repetitions that is asked for once.
//
// Not thread-safe.
class Resamples {
 public:
  // `stream` tells apart draws that must not be alike.
  explicit Resamples(uint64_t stream) : stream_(stream) {}

  // Returns how often each of `count` >= 1 repetitions is drawn in resample b,
  // b < ResamplesOf(count).
  absl::Span<const uint32_t> Of(size_t count, size_t b);

 private:
  uint64_t stream_;
  std::vector<std::vector<uint32_t>> weights_;  // By count.
};

// The median of Harrell and Davis (1982): a mean of the ordered values,
// weighted by how likely each is to be the median. It varies smoothly with a
// resample, which a median of few values does not.
//
// Not thread-safe.
class SmoothMedian {
 public:
  // Returns it for the values of `order.size()` repetitions, of which that of
  // repetition s counts weights[s] times; `order` sorts them, and the weights
  // add up to their number. All values that count must be finite. O(n).
  double Of(absl::Span<const double> values, absl::Span<const uint32_t> order,
            absl::Span<const uint32_t> weights);

 private:
  // I_(k/n)((n+1)/2, (n+1)/2) for k = 0 ... n, by n.
  std::vector<std::vector<double>> shares_;
};

// Returns `center` plus and minus Student's t of n - 1 degrees at kConfidence
// times the standard deviation of `resampled`, widened to hold `estimate`.
// `correction` multiplies the deviation. Unset when a value is not finite.
std::optional<Interval> StudentInterval(double center,
                                        absl::Span<const double> resampled,
                                        size_t n, double correction,
                                        double estimate);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_INTERVAL_H_
