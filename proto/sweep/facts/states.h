#ifndef FATHOM_PROTO_SWEEP_FACTS_STATES_H_
#define FATHOM_PROTO_SWEEP_FACTS_STATES_H_

#include <cstdint>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom {

// One row of the table of trial states. A new state needs a row in states.cc
// and a field of v1::Progress that counts its trials.
struct StateFacts {
  v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
  // What becomes of a trial in this state.
  enum class Kind {
    kOpen,  // The trial waits or is being trained.
    // The trial was trained: its whole curve is stored, and training it again
    // gives the same bits.
    kFinding,
    kError,  // The trial could not be trained.
    kNever,  // The trial will not be trained any more.
  };
  Kind kind = Kind::kNever;
  // Getter and setter of the counter of such trials in the progress of a sweep.
  int64_t (v1::Progress::*count)() const = nullptr;
  void (v1::Progress::*set_count)(int64_t) = nullptr;
};

// Returns all rows, in the order of the enum.
absl::Span<const StateFacts> TrialStates();

// Each of these functions takes a state as the number that the ledger keeps,
// and returns false for a number that is no state. IsFinding: the trial is a
// finding. IsOutcome: the trial has an outcome that a worker reports, which is
// a finding or an error. IsOpen: the trial waits or is being trained.
bool IsFinding(int64_t state);
bool IsOutcome(int64_t state);
bool IsOpen(int64_t state);

// Returns the number of trials that have an outcome.
int64_t CountOutcomes(const v1::Progress& progress);

// Adds `count`, which may be negative, to the counter of trials in `state`.
// Does nothing for a state that is not in the table.
void AddToCount(v1::TrialState state, int64_t count, v1::Progress* progress);

}  // namespace fathom

#endif  // FATHOM_PROTO_SWEEP_FACTS_STATES_H_
