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

// A sweep that is running, or was ended by the call that is in progress. It
// keeps the trials that were returned, but only the number of all others.
struct RunningSweep {
  v1::Sweep sweep;  // progress.fraction is not kept up to date here.
  // Empty when the spec is not understood; `sweep.unreadable` then says why. No
  // trials are given out then, but trials that are leased stay so.
  std::optional<Space> space;
  int spec_revision = 0;  // The least spec revision that a worker must know.
  PendingTrials pending;
  // The session that is to get an isolated trial next, and that therefore gets
  // nothing else until it holds nothing any more.
  std::string clearing_session = {};
  double steps_done = 0;  // Steps of finished trials.
  // Steps and slot time of the trials that finished since the coordinator
  // started.
  double timed_steps = 0;
  double timed_seconds = 0;
  bool dirty = false;  // Whether the counters in the ledger are outdated.
  // The account of the slot time that the sweep has had; never null while the
  // sweep is running.
  FairShare::Account* account = nullptr;

  int64_t id() const { return sweep.sweep_id(); }
  ShareTerms Terms() const {
    return {sweep.priority(), sweep.weight(), sweep.paused()};
  }

  // MayGiveOut says whether trials of the sweep may be given out; HasWork,
  // whether there also are pending ones.
  bool MayGiveOut() const { return space.has_value() && !sweep.paused(); }
  bool HasWork() const { return MayGiveOut() && pending.size() > 0; }

  // The number of steps of a trial, and of all trials together. Every trial
  // counts as one step when the spec is not understood.
  double StepsOf(int64_t index) const;
  double TotalSteps() const;
  // Returns the fraction of all steps, 0 to 1, that has been taken.
  // `open_steps` is the number of steps taken in trials that are not finished.
  double Fraction(double open_steps) const;

  // Returns the slot time that a step takes by the trials that finished since
  // the coordinator started; nothing before the first one.
  std::optional<double> SecondsPerStep() const;
  // Notes that a trial has finished.
  void NoteTime(const v1::TrialResult& result);

  // Moves a leased trial back to the pending ones.
  void ReturnLeased(int64_t index, ReturnedTrial trial);
  // Ends a trial that was leased, or one that had been returned.
  void EndLeased(const LeasedTrial& trial, v1::TrialState outcome);
  void EndReturned(int64_t index, v1::TrialState outcome);
  // Returns the number of trials that have an outcome: all that have ended
  // except cancelled ones.
  int64_t Finished() const;
  // Ends the sweep as completed or cancelled.
  void End(v1::SweepState state, absl::Time now);

  // Returns what the ledger has to know of the sweep.
  UpdateSweep ToUpdate() const;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_RUNNING_SWEEP_H_
