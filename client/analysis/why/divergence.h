#ifndef FATHOM_CLIENT_ANALYSIS_WHY_DIVERGENCE_H_
#define FATHOM_CLIENT_ANALYSIS_WHY_DIVERGENCE_H_

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

// The largest learning rate at which a trial is stable, and the formula that it
// comes from.
struct StableRate {
  double rate = 0;
  const char* formula = "";
};

// Returns it, or nothing where it is not known. It is known of l_2 regression
// without hidden layers, by plain steps, of generated data, whose spectrum the
// spec says: with lambda_1, the largest eigenvalue of the Hessian, in which the
// factor of a weight decay is contained, and the momentum mu,
//   2 / lambda_1                        gradient descent,
//   2 (1 + mu) / lambda_1               heavy ball,
//   2 (1 + mu) / ((1 + 2 mu) lambda_1)  Nesterov.
std::optional<StableRate> FindStableRate(const v1::TrialSpec& trial);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_WHY_DIVERGENCE_H_
