#ifndef FATHOM_PROTO_SWEEP_FACTS_STATES_H_
#define FATHOM_PROTO_SWEEP_FACTS_STATES_H_

#include <cstdint>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom {

// One row of the table of trial states. A new state is a row here, and the
// field of v1::Progress that counts it.
struct StateFacts {
  v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
  // What becomes of a trial in this state.
  enum class Kind {
    kOpen,     // It waits or is being trained.
    kFinding,  // It was trained: its whole curve is there, and training it
               // again gives the same bits.
    kError,    // It could not be trained.
    kNever,    // It will not be trained any more.
  };
  Kind kind = Kind::kNever;
  // The counter of such trials in the progress of a sweep.
  int64_t (v1::Progress::*count)() const = nullptr;
  void (v1::Progress::*set_count)(int64_t) = nullptr;
};

// Returns all rows, in the order of the enum.
absl::Span<const StateFacts> TrialStates();

// Whether a trial in `state`, a number as the ledger keeps it, is a finding, or
// has an outcome that a worker reports: a finding or an error. False for
// numbers that are no state.
bool IsFinding(int64_t state);
bool IsOutcome(int64_t state);
// Whether it waits or is being trained.
bool IsOpen(int64_t state);

// Returns the number of trials that have an outcome.
int64_t CountOutcomes(const v1::Progress& progress);

// Adds `count`, which may be negative, to the counter of `state`, which must be
// in the table.
void AddToCount(v1::TrialState state, int64_t count, v1::Progress* progress);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_STATES_H_
