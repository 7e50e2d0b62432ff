#ifndef FATHOM_CLIENT_ANALYSIS_DIVERGENCE_H_
#define FATHOM_CLIENT_ANALYSIS_DIVERGENCE_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// How a curve grew at its end: from its last minimum, before which it fell or
// stood still, to its last point.
struct Growth {
  int64_t from_step = 0;
  double from = 0;
  int64_t to_step = 0;
  double to = 0;
  double per_step = 1;  // The factor of one step, as a geometric mean.
};

// Returns how a curve of positive values at ascending steps grew at its end, or
// nothing when its last two points do not grow.
std::optional<Growth> GrowthOf(absl::Span<const int64_t> steps,
                               absl::Span<const double> values);

// Returns the largest learning rate at which gradient descent is stable, or
// nothing where it is not known: 2 / lambda_1 for l_2 regression without hidden
// layers, where lambda_1 is the largest eigenvalue of the Hessian. It is known
// only of generated data, whose spectrum the spec says.
std::optional<double> StableRate(const v1::TrialSpec& trial);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_DIVERGENCE_H_
