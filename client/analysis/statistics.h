#ifndef FATHOM_CLIENT_ANALYSIS_STATISTICS_H_
#define FATHOM_CLIENT_ANALYSIS_STATISTICS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

// What a few repetitions say about a number. Pure functions.
namespace fathom::client {

// A sample in figures.
struct SampleStatistics {
  int64_t count = 0;
  double mean = 0;
  // sqrt(sum (x - mean)^2 / (n - 1) / n); unset for one value.
  std::optional<double> standard_error = {};
  double least = 0;
  double p5 = 0;  // Quantiles, as in Quantile.
  double p25 = 0;
  double median = 0;
  double p75 = 0;
  double p95 = 0;
  double most = 0;
};

// Describes a sample of at least one finite value. O(n log n).
SampleStatistics Describe(absl::Span<const double> sample);

// Returns the standard error of the mean as above.
std::optional<double> StandardError(absl::Span<const double> sample);

// Returns the quantile of an ascending, non-empty sample at 0 <= share <= 1: a
// straight line between the values at whole places, of which the least is at
// share 0 and the largest at 1 (Hyndman, Fan 1996, type 7).
double Quantile(absl::Span<const double> ascending, double share);

// A number of which only a bound may be known: a step that was not reached has
// a bound, and so has a ratio with it.
struct Bounded {
  enum class Kind { kExact, kAtLeast, kAtMost };
  double value = 0;
  Kind kind = Kind::kExact;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_STATISTICS_H_
