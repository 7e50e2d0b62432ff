#ifndef FATHOM_CLIENT_ANALYSIS_STATISTICS_STATISTICS_H_
#define FATHOM_CLIENT_ANALYSIS_STATISTICS_STATISTICS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

// This file says what a few repetitions tell about a number. Its functions are
// pure.
namespace fathom::client {

// A sample in a few figures.
struct SampleStatistics {
  int64_t count = 0;
  double mean = 0;
  // sqrt(sum (x - mean)^2 / (n - 1) / n); unset for a single value.
  std::optional<double> standard_error = {};
  double least = 0;
  double p5 = 0;  // Quantiles; see Quantile().
  double p25 = 0;
  double median = 0;
  double p75 = 0;
  double p95 = 0;
  double most = 0;
};

// Describes a sample of at least one finite value. The cost is O(n log n).
SampleStatistics Describe(absl::Span<const double> sample);

// Returns the standard error of the mean, as in SampleStatistics.
std::optional<double> StandardError(absl::Span<const double> sample);

// Returns the quantile at 0 <= share <= 1 of an ascending, non-empty sample. It
// is linear between the sorted values, the least of which is at share 0 and the
// largest at share 1 (Hyndman, Fan 1996, type 7).
double Quantile(absl::Span<const double> ascending, double share);

// A number of which only a bound may be known, such as a ratio with the time of
// a trial that does not arrive.
struct Bounded {
  enum class Kind { kExact, kAtLeast, kAtMost };
  double value = 0;
  Kind kind = Kind::kExact;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_STATISTICS_STATISTICS_H_
