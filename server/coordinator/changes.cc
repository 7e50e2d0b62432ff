// The part of the Coordinator that carries out requests of people: to cancel,
// change or delete a sweep, to give failed trials out again, to drain workers.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "proto/sweep/revisions.h"
#include "server/coordinator/coordinator.h"

namespace fathom::server {
namespace {

absl::Status NotRunning(int64_t sweep_id) {
  return absl::NotFoundError(absl::StrCat("sweep ", sweep_id, " not running"));
}

absl::Status JustDeleted(int64_t sweep_id) {
  return absl::NotFoundError(
      absl::StrCat("sweep ", sweep_id, " was deleted a moment ago"));
}

}  // namespace

absl::StatusOr<v1::Sweep> Coordinator::CancelSweep(int64_t sweep_id,
                                                   absl::Time now) {
  RunningSweep* const sweep = FindSweep(sweep_id);
  if (sweep == nullptr) return NotRunning(sweep_id);
  std::map<ConnectionId, v1::CoordinatorMessage> revokes;
  for (const int64_t id : leases_.OfSweep(sweep_id)) {
    const std::string& holder = leases_.Find(id)->holder().session_id();
    const Session& session = *sessions_.Find(holder);
    if (session.connected()) {
      revokes[session.connection()].mutable_revoke()->add_lease_ids(id);
    }
    EraseLease(id, now);
  }
  for (auto& [connection, message] : revokes) {
    effects_.Send(connection, std::move(message));
  }
  effects_.writes.push_back(CancelTrials{sweep_id, now});
  v1::Progress& progress = *sweep->sweep.mutable_progress();
  progress.set_cancelled(sweep->sweep.trial_count() - sweep->Finished());
  progress.set_pending(0);
  progress.set_leased(0);
  sweep->End(v1::SWEEP_STATE_CANCELLED, now);
  effects_.Event("sweep_cancelled",
                 absl::StrCat(progress.cancelled(), " trials"), now, sweep_id);
  v1::Sweep cancelled = WithProgress(*sweep);
  RemoveEndedSweeps();
  return cancelled;
}

absl::StatusOr<v1::Sweep> Coordinator::ChangeSweep(
    int64_t sweep_id, const v1::UpdateSweepRequest& request, absl::Time now) {
  RunningSweep* const sweep = FindSweep(sweep_id);
  if (sweep == nullptr) return NotRunning(sweep_id);
  if (request.has_priority())
    RETURN_IF_ERROR(CheckPriority(request.priority()));
  if (request.has_weight()) RETURN_IF_ERROR(CheckWeight(request.weight()));
  v1::Sweep& fields = sweep->sweep;
  if (request.has_paused() && request.paused() != fields.paused()) {
    fields.set_paused(request.paused());
    effects_.Event(request.paused() ? "sweep_paused" : "sweep_resumed",
                   fields.spec().name(), now, sweep_id);
  }
  if (request.has_priority()) fields.set_priority(request.priority());
  if (request.has_weight()) fields.set_weight(request.weight());
  fair_share_.Change(
      *sweep->account, sweep->Terms(),
      [this](int64_t id) { return sweeps_.at(id).HasWork(); }, now);
  sweep->dirty = true;
  Assign(now);
  return WithProgress(*sweep);
}

absl::Status Coordinator::DeleteSweep(const LedgerState::OpenSweep& recorded,
                                      absl::string_view why, absl::Time now) {
  const v1::Sweep& sweep = recorded.sweep;
  const int64_t id = sweep.sweep_id();
  if (just_deleted_.contains(id)) return JustDeleted(id);
  if (FindSweep(id) != nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("sweep ", id, " (", sweep.spec().name(),
                     ") is running: it cannot be deleted; `fathom cancel ", id,
                     "` ends it, or wait for its end"));
  }
  if (sweep.state() == v1::SWEEP_STATE_RUNNING) {
    return absl::UnavailableError("just ended");
  }
  just_deleted_.insert(id);
  effects_.writes.push_back(fathom::server::DeleteSweep{id, now});
  // An event of no sweep, as those of the sweep go with it.
  effects_.Event("sweep_deleted",
                 absl::StrCat("sweep ", id, ", \"", sweep.spec().name(), "\", ",
                              recorded.next_index, " trials, ", why),
                 now);
  return absl::OkStatus();
}

absl::StatusOr<v1::Sweep> Coordinator::RetryTrials(
    LedgerState::OpenSweep recorded, absl::Time now) {
  const int64_t id = recorded.sweep.sweep_id();
  if (just_deleted_.contains(id)) return JustDeleted(id);
  if (!recorded.sweep.unreadable().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("nothing of sweep ", id,
                     " can be given out again: ", recorded.sweep.unreadable()));
  }
  for (const v1::Sweep& sweep : just_completed_) {
    if (sweep.sweep_id() == id) return absl::UnavailableError("just completed");
  }
  if (just_retried_.contains(id)) return absl::UnavailableError("just retried");
  RunningSweep* running = FindSweep(id);
  if (running == nullptr) {
    if (recorded.sweep.state() != v1::SWEEP_STATE_COMPLETED) {
      return absl::FailedPreconditionError(
          absl::StrCat("sweep ", id, " is cancelled: it cannot be retried"));
    }
    if (recorded.open_trials.empty()) return recorded.sweep;
    ASSIGN_OR_RETURN(Space space, Space::FromStored(recorded.sweep.spec()));
    running = &AddSweep(std::move(recorded.sweep), std::move(space),
                        recorded.next_index);
    running->sweep.set_state(v1::SWEEP_STATE_RUNNING);
    running->sweep.clear_end_time();
  }
  RunningSweep& sweep = *running;
  if (recorded.open_trials.empty()) return WithProgress(sweep);
  just_retried_.insert(id);
  v1::Progress& progress = *sweep.sweep.mutable_progress();
  for (const LedgerState::OpenTrial& trial : recorded.open_trials) {
    effects_.writes.push_back(RetryTrial{id, trial.trial_index, trial.attempt});
    sweep.pending.Return(trial.trial_index,
                         {.attempts = trial.attempt,
                          .losses = {.bundle_limit = trial.bundle_limit}});
    sweep.steps_done -= sweep.StepsOf(trial.trial_index);
    progress.set_failed(progress.failed() - 1);
    progress.set_pending(progress.pending() + 1);
  }
  sweep.steps_done = std::max(0.0, sweep.steps_done);
  sweep.dirty = true;
  effects_.Event("trials_retried",
                 absl::StrCat(recorded.open_trials.size(), " failed trials"),
                 now, id);
  JoinShare(sweep, now);
  Assign(now);
  return WithProgress(sweep);
}

absl::StatusOr<std::vector<v1::Worker>> Coordinator::DrainWorkers(
    const std::string& worker, absl::Time now) {
  std::vector<v1::Worker> drained;
  for (Session* const session : sessions_.Named(worker)) {
    demands_.Withdraw(*session);
    session->draining = true;
    if (session->connected()) {
      v1::CoordinatorMessage message;
      message.mutable_drain();
      effects_.Send(session->connection(), std::move(message));
    }
    effects_.Event("worker_draining", session->worker(), now)
        .ForSession(session->worker(), session->id());
    drained.push_back(Describe(*session, now));
  }
  if (drained.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no worker \"", worker,
                                            "\"; `fathom workers` shows all"));
  }
  return drained;
}

}  // namespace fathom::server
