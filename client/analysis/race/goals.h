#ifndef FATHOM_CLIENT_ANALYSIS_RACE_GOALS_H_
#define FATHOM_CLIENT_ANALYSIS_RACE_GOALS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"

// This file has the values that groups race to (docs/statistics.md, section 5).
// Its functions are pure.
namespace fathom::client {

// The value below which values cannot be told apart, as the sum of its reasons.
struct Floor {
  double value = 0;
  double gap = 0;         // What the optimum's solver left open.
  double difference = 0;  // Rounding of a difference of losses.
  double residuals = 0;   // Rounding of the residuals.
};

// A least loss that the ledger knows, and how far it may lie above the infimum.
struct KnownOptimum {
  double value = 0;
  double gap = 0;
};

// Returns the floor of a raced metric. `loss` and `precision` are those of a
// trial, and `largest_start` is the largest first value of the family.
// `optimum` matters for excess_loss only.
Floor FloorOf(v1::Metric metric, const v1::LossSpec& loss,
              v1::Precision precision, double largest_start,
              std::optional<KnownOptimum> optimum);

// These functions return `value` rounded to three significant decimal digits,
// to the nearest number or upwards. RoundedGoalUp returns 0 for a value that is
// not above 0.
double RoundedGoal(double value);
double RoundedGoalUp(double value);

// Returns the goals of a profile from `start`, which is excluded, down to
// `end`, in descending order and each once. There are none unless start > end >
// 0.
std::vector<double> ProfileGoals(double start, double end);

// Returns the first step at which the curve is at or below each of `goals`,
// which descend. Between recorded steps the step is interpolated; where the
// curve does not get to a goal it is kNever. The cost is O(steps + goals).
std::vector<double> FirstSteps(absl::Span<const int64_t> steps,
                               absl::Span<const double> values,
                               absl::Span<const double> goals);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RACE_GOALS_H_
