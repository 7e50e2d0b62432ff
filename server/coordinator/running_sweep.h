#ifndef FATHOM_SERVER_COORDINATOR_RUNNING_SWEEP_H_
#define FATHOM_SERVER_COORDINATOR_RUNNING_SWEEP_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/sweep/space.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/fair_share.h"
#include "server/coordinator/pending_trials.h"

namespace fathom::server {

// A sweep that is running, or has ended in this very step. Holds the trials
// that were returned, and of all others the number alone.
struct RunningSweep {
  v1::Sweep sweep;  // Without progress.fraction.
  // Nothing where the spec is not understood (`sweep.unreadable` says why):
  // nothing is given out then, but what is open is kept.
  std::optional<Space> space;
  int spec_revision = 0;  // That a worker must know.
  PendingTrials pending;
  // The session that is to get an isolated trial next and therefore gets
  // nothing else until it is empty.
  std::string clearing_session = {};
  double steps_done = 0;  // Of finished trials.
  bool dirty = false;     // The ledger has older counters.
  // What it has had of the slots. It has one as long as it is running.
  FairShare::Account* account = nullptr;

  int64_t id() const { return sweep.sweep_id(); }
  ShareTerms Terms() const {
    return {sweep.priority(), sweep.weight(), sweep.paused()};
  }

  // Whether its trials may go to anyone, and whether there are any.
  bool MayGiveOut() const { return space.has_value() && !sweep.paused(); }
  bool HasWork() const { return MayGiveOut() && pending.size() > 0; }

  // Steps of a trial, and of all. Where the spec is not understood, every trial
  // counts as one.
  double StepsOf(int64_t index) const;
  double TotalSteps() const;
  // How far it has come, 0 to 1, with `open_steps` of trials that are not
  // finished.
  double Fraction(double open_steps) const;

  // A leased trial goes back to the pending ones.
  void ReturnLeased(int64_t index, ReturnedTrial trial);
  // A trial that was leased, or that had come back, has ended so.
  void EndLeased(const LeasedTrial& trial, v1::TrialState outcome);
  void EndReturned(int64_t index, v1::TrialState outcome);
  // How many trials have ended by themselves.
  int64_t Finished() const;
  void End(v1::SweepState state, absl::Time now);

  // What the ledger is to know.
  UpdateSweep ToUpdate() const;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_RUNNING_SWEEP_H_
