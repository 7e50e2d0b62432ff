#ifndef FATHOM_WORKER_ENGINE_LANE_STATE_H_
#define FATHOM_WORKER_ENGINE_LANE_STATE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/kernel/state_arrays.h"

// The states of lanes as bytes: what a lane keeps between two steps, from which
// another lane of the same trial goes on to the same bits. Whatever follows
// from the trial, its data and the step, such as rates, batches and dropout, is
// not in them.
namespace fathom::worker {

// Where a lane keeps these things. A state is written from there and read back
// to there.
struct LaneParts {
  // `steps`, `seconds`, `final_loss`, `best_loss` and `best_step`: what is
  // known after the updates taken so far, and the seconds of all runs of the
  // lane.
  v1::TrialResult* result = nullptr;
  // A larger loss counts as diverged; set by step 0.
  double* diverge_above = nullptr;
  // The weights, what the optimizer keeps, and so on.
  kernel::StateArrays arrays;
};

// Returns the state that `parts` hold, for lanes of the engine `engine`;
// nothing where it would have more than kMaxStateBytes. `seconds` counts on top
// of those in the result. The layout is little-endian:
//   8 bytes "fthmlane", u32 version (1)
//   u32 length of the name of the engine, the name
//   i64 steps, f64 seconds, f64 bound of divergence
//   f64 final loss, f64 best loss (NaN: none yet), i64 best step
//   u32 number of arrays of f64, the length of each as i64
//   u32 number of arrays of f32, the length of each as i64
//   all numbers, array by array.
std::optional<std::string> WriteLaneState(absl::string_view engine,
                                          const LaneParts& parts,
                                          double seconds);

// Reads a state into `parts`, of a trial that takes `steps` updates. Any bytes
// may come: INVALID_ARGUMENT, and `parts` are unchanged, for those that are no
// state of the engine, that do not have arrays of the same lengths, or that say
// what no lane of the trial says. The numbers in arrays may be any, as those of
// a trial that diverges. Allocates nothing but messages.
absl::Status ReadLaneState(absl::string_view state, absl::string_view engine,
                           int64_t steps, const LaneParts& parts);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_LANE_STATE_H_
