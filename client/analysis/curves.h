#ifndef FATHOM_CLIENT_ANALYSIS_CURVES_H_
#define FATHOM_CLIENT_ANALYSIS_CURVES_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

// This file has recorded values as functions of the step.
namespace fathom::client {

// A value that was recorded of the compared metric.
struct Observation {
  int64_t trial = 0;
  int64_t step = 0;
  double value = 0;
};

// The recorded values of one curve, which are finite, at ascending steps.
struct Curve {
  std::vector<int64_t> steps = {};
  std::vector<double> values = {};
};

// The curves of several trials at the steps that all of them have.
struct CurveSet {
  std::vector<int64_t> steps = {};               // Ascending.
  std::vector<std::vector<double>> values = {};  // Finite; by trial and step.
};

// Brings the curves of `trials` to common steps and returns them in the order
// of `trials`. `observations` are points of `trials`, in any order; values that
// are not finite are left out. `stopped` has the last point of each trial that
// a rule stopped: its value holds at the later steps of the other trials and at
// `last_step`. The cost is O(n log n) in the number of observations.
CurveSet AlignCurves(absl::Span<const int64_t> trials,
                     absl::Span<const Observation> observations,
                     absl::Span<const Observation> stopped = {},
                     int64_t last_step = 0);

// Returns the mean curve of the trials, whose values are summed in their order.
Curve MeanCurve(const CurveSet& curves);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_CURVES_H_
