#ifndef FATHOM_CLIENT_COMMANDS_CHECK_COSTS_H_
#define FATHOM_CLIENT_COMMANDS_CHECK_COSTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "client/commands/run/load_sweep.h"
#include "proto/sweep/space.h"

// What a sweep costs: work by the cost models of the engines, and the speed of
// this machine by training some of its trials for about a second.
namespace fathom::client {

// What all trials of a sweep take together.
struct SweepCosts {
  double flops = 0;        // If all trials take all of their steps.
  double trial_bytes = 0;  // Of the largest trial in training: an upper bound.
  int64_t trial_points = 0;  // Of the trial with the most points.
  // About the most that the ledger grows by: data, points and results.
  double ledger_bytes = 0;
};

// Adds up what a sweep takes; of a large one, the trials of ForSomeTrials stand
// for all. FAILED_PRECONDITION when no engine of this
// program trains one of them.
absl::StatusOr<SweepCosts> CostsOf(const LoadedSweep& loaded,
                                   const Space& space);

// How fast one slot trains, measured at some places of a sweep.
struct Speed {
  int places = 0;      // 0: nothing could be measured.
  int trials = 0;      // Trained in part.
  double seconds = 0;  // Of training, at all places together.
  double flops = 0;    // Flops per second at all places together.
  double slowest = 0;  // At the slowest place.
  double fastest = 0;  // At the fastest place.
  // Errors of trials that could not run, once each.
  std::vector<std::string> failures;
};

// Trains the first, the middle and the last trials of a sweep, up to 16 at
// each place, for less than half a second each, and keeps nothing. The data are
// prepared first, which may take longer; where it does, less is trained.
// Optima, whose search is no matter of steps, are left out. Stops soon after
// `keep_going` has returned false, with CANCELLED. Other errors are those of
// TrainPackings.
absl::StatusOr<Speed> MeasureSpeed(const LoadedSweep& loaded,
                                   const Space& space,
                                   absl::FunctionRef<bool()> keep_going);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_CHECK_COSTS_H_
