#ifndef FATHOM_CLIENT_ANALYSIS_GOALS_H_
#define FATHOM_CLIENT_ANALYSIS_GOALS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

// The values that groups race to (docs/statistics.md, section 5). Pure
// functions.
namespace fathom::client {

// Why values below a floor cannot be told apart.
struct Floor {
  double value = 0;
  double gap = 0;         // What the solver of the optimum left open.
  double difference = 0;  // The rounding of a difference of two losses.
  double residuals = 0;   // The rounding of the residuals.
};

// A least loss of the ledger, and how far it may lie above the infimum.
struct KnownOptimum {
  double value = 0;
  double gap = 0;
};

// Returns the floor of a raced metric. `loss` and `precision` are those of a
// trial, `largest_start` the largest first value of the family; `optimum` is of
// use for excess_loss alone.
Floor FloorOf(v1::Metric metric, const v1::LossSpec& loss,
              v1::Precision precision, double largest_start,
              std::optional<KnownOptimum> optimum);

// Returns `value` rounded to three significant decimal digits, to the nearest
// and upwards; 0 for what is not above 0.
double RoundedGoal(double value);
double RoundedGoalUp(double value);

// Returns the goals of a profile from `start` (exclusive) down to `end`, both
// > 0, descending, each once; empty when there is none between.
std::vector<double> ProfileGoals(double start, double end);

// Returns the first step at which the curve is at or below each of `goals`,
// which descend: the exact one where interpolation between recorded steps says
// so, kNever where it does not get there. O(steps + goals).
std::vector<double> FirstSteps(absl::Span<const int64_t> steps,
                               absl::Span<const double> values,
                               absl::Span<const double> goals);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_GOALS_H_
