#ifndef FATHOM_PROTO_TELEMETRY_COUNTERS_H_
#define FATHOM_PROTO_TELEMETRY_COUNTERS_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "fathom/v1/telemetry.pb.h"

// Counters that one thread writes and any thread reads at any time, also while
// the one that writes waits for a disk. A write costs what it costs without
// other threads: there is no lock and no locked instruction.
namespace fathom {

// A number that grows, T an integer or floating-point type.
template <typename T>
class OneWriterCounter {
 public:
  void Add(T more) {
    value_.store(value_.load(std::memory_order_relaxed) + more,
                 std::memory_order_relaxed);
  }
  T value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<T> value_ = 0;
};

// Upper bounds of the buckets for times in seconds: from what a fast disk takes
// to what makes people ask.
inline constexpr std::array kSecondsBounds = {
    0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
    0.05,   0.1,    0.2,   0.5,   1.0,   5.0,  30.0};

// Upper bounds of the buckets for numbers of things.
inline constexpr std::array kCountBounds = {
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1e3, 10e3};

// Counts observations by size.
template <size_t kBounds>
class OneWriterHistogram {
 public:
  explicit OneWriterHistogram(const std::array<double, kBounds>& bounds)
      : bounds_(bounds) {}

  void Add(double value) {
    const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    counts_[static_cast<size_t>(at - bounds_.begin())].Add(1);
    sum_.Add(value);
  }

  v1::TelemetryHistogram ToProto() const {
    v1::TelemetryHistogram histogram;
    for (const double bound : bounds_) histogram.add_bounds(bound);
    for (const auto& count : counts_) histogram.add_counts(count.value());
    histogram.set_sum(sum_.value());
    return histogram;
  }

 private:
  const std::array<double, kBounds>& bounds_;
  std::array<OneWriterCounter<int64_t>, kBounds + 1> counts_;
  OneWriterCounter<double> sum_;
};

}  // namespace fathom

#endif  // FATHOM_PROTO_TELEMETRY_COUNTERS_H_
