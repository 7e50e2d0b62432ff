#ifndef FATHOM_CLIENT_ANALYSIS_CURVES_H_
#define FATHOM_CLIENT_ANALYSIS_CURVES_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

// Recorded values over steps.
namespace fathom::client {

// A recorded value of the compared metric.
struct Observation {
  int64_t trial = 0;
  int64_t step = 0;
  double value = 0;
};

// Recorded values of one curve: steps ascending, finite values.
struct Curve {
  std::vector<int64_t> steps = {};
  std::vector<double> values = {};
};

// The curves of several trials over the steps that all of them have.
struct CurveSet {
  std::vector<int64_t> steps = {};               // Ascending.
  std::vector<std::vector<double>> values = {};  // Per trial and step; finite.
};

// Brings the curves of `trials` to common steps, in the order of `trials`.
// `observations` are those of `trials` alone, in any order; what is not finite
// is left out. Those in `stopped` are the last ones of the trials that a rule
// stopped: they hold at the later steps of the others and at `last_step`.
// O(n log n) in the observations.
CurveSet AlignCurves(absl::Span<const int64_t> trials,
                     absl::Span<const Observation> observations,
                     absl::Span<const Observation> stopped = {},
                     int64_t last_step = 0);

// Returns the mean over the trials, which are summed in their order.
Curve MeanCurve(const CurveSet& curves);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_CURVES_H_
