// The part of the Coordinator that takes trials back: from workers that give
// them back, from workers that are silent, and from workers that are alive but
// make no progress.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/coordinator/coordinator.h"

namespace fathom::server {
namespace {

// There should be a tick every second. A gap between two ticks of more than
// half of the lease TTL, clamped to these bounds, counts as an interruption of
// the coordinator itself.
constexpr absl::Duration kLongestTick = absl::Seconds(5);
constexpr absl::Duration kShortestGap = absl::Milliseconds(1500);

// Number of workers that a host loses in a row before people are told.
constexpr int kSuspiciousLosses = 3;

// Returns the size of the group that contains the trial that ended the worker,
// from the point of view of a lost trial with these losses. For an unsuspected
// trial the group is all trials that were lost together. For a suspect it is
// the suspects among these, of which one is likely to blame, but no more than
// its own bundle limit, so that the group shrinks with every loss, and at least
// two.
int64_t Blame(const TrialLosses& losses, const TogetherTrials& lost) {
  if (lost.trials == 1) return 1;
  if (losses.bundle_limit == 0) return lost.trials;
  return std::max<int64_t>(2, std::min(lost.suspects, losses.bundle_limit));
}

// Returns the trial as it waits after `session` has lost it in a group of
// `bundle` trials, any of which may be the reason.
ReturnedTrial AfterLoss(const LeasedTrial& trial, int64_t bundle,
                        const Session& session) {
  ReturnedTrial returned = {.attempts = trial.attempt,
                            .losses = trial.losses,
                            .lost_session = session.id(),
                            .next_chunk = trial.next_chunk,
                            .last_steps = trial.last_steps,
                            .checkpoint = trial.checkpoint};
  TrialLosses& losses = returned.losses;
  // Only for a trial that the worker held alone is it certain that no other
  // trial is to blame.
  if (bundle == 1) {
    const HostKey host = session.host();
    ++losses.lost_alone;
    losses.lost_by_several |= losses.lost_by != 0 && losses.lost_by != host;
    losses.lost_by = host;
  }
  losses.bundle_limit = (bundle + 1) / 2;
  return returned;
}

// Whether a trial that has just been lost alone once more is to blame and ends
// as FAILED. To be called before Hosts::Lost, which makes the host unproven.
bool IsToBlame(const TrialLosses& losses, const CoordinatorOptions& options,
               const Hosts& hosts) {
  if (losses.lost_alone < options.max_lost_attempts) return false;
  return losses.lost_by_several || hosts.Proven(losses.lost_by) ||
         (losses.lost_alone >= options.max_lost_on_one_host &&
          !hosts.LostSeveral(losses.lost_by));
}

}  // namespace

void Coordinator::ReturnLease(int64_t lease_id, absl::Time now,
                              const TogetherTrials* lost) {
  const Lease& lease = *leases_.Find(lease_id);
  if (RunningSweep* const sweep = FindSweep(lease.sweep_id());
      sweep != nullptr) {
    for (const LeasedTrial& trial : lease.trials()) {
      if (trial.open) ReturnOpen(*sweep, lease, trial, lost, now);
    }
    sweep->dirty = true;
    EndIfComplete(*sweep, now);
  }
  effects_.writes.push_back(DeleteLease{lease_id});
  EraseLease(lease_id, now);
  RemoveEndedSweeps();
}

void Coordinator::ReturnOpen(RunningSweep& sweep, const Lease& lease,
                             const LeasedTrial& trial,
                             const TogetherTrials* lost, absl::Time now) {
  ReturnedTrial returned = {.attempts = trial.attempt,
                            .losses = trial.losses,
                            .checkpoint = trial.checkpoint};
  int64_t bundle = 1;
  bool ends = false;
  if (lost != nullptr) {
    const Session& session = *sessions_.Find(lease.holder().session_id());
    bundle = Blame(trial.losses, *lost);
    returned = AfterLoss(trial, bundle, session);
    if (bundle == 1) {
      hosts_.LostAlone(session.host(), sweep.id(), trial.index);
      ends = IsToBlame(returned.losses, options_, hosts_);
    }
  }
  if (ends) {
    effects_.writes.push_back(QuarantineTrial{
        sweep.id(), trial.index, trial.attempt,
        absl::StrCat("lost its worker ", returned.losses.lost_alone, " times"),
        now});
    sweep.EndLeased(trial, v1::TRIAL_STATE_FAILED);
  } else {
    effects_.writes.push_back(ReturnTrial{
        sweep.id(), trial.index, trial.attempt, lost != nullptr, now, bundle});
    sweep.ReturnLeased(trial.index, std::move(returned));
  }
}

void Coordinator::EraseLease(int64_t lease_id, absl::Time now) {
  demands_.NoteFreed();
  const Lease& lease = *leases_.Find(lease_id);
  if (RunningSweep* const sweep = FindSweep(lease.sweep_id());
      sweep != nullptr) {
    fair_share_.LeaseEnds(*sweep->account, lease.granted(), now);
  }
  leases_.Erase(lease_id);
}

void Coordinator::OnTick(absl::Time now) {
  // The silence of workers does not count for the time in which this
  // coordinator itself did not run (a suspended machine, a stalled disk) or by
  // which the clock jumped.
  const absl::Duration gap =
      last_tick_ == absl::InfinitePast() ? kShortestGap : now - last_tick_;
  const absl::Duration longest =
      std::clamp(options_.lease_ttl / 2, kShortestGap, kLongestTick);
  if (gap > longest || gap < absl::ZeroDuration()) {
    sessions_.Postpone(gap, now);
    leases_.Postpone(gap, now);
  }
  last_tick_ = now;
  const std::vector<std::string> silent =
      sessions_.Silent(options_.lease_ttl, now);
  for (const std::string& id : silent) OnSilence(*sessions_.Find(id), now);
  if (!silent.empty()) Assign(now);
  TakeBackStalled(now);
}

void Coordinator::OnSilence(Session& session, absl::Time now) {
  const TogetherTrials held = session.held.open();
  for (const int64_t id : std::set<int64_t>(session.held.leases())) {
    const Lease& lease = *leases_.Find(id);
    InsertEvent& event = effects_.Event(
        "lease_expired",
        absl::StrCat("worker ", session.worker(), " was silent for ",
                     absl::FormatDuration(options_.lease_ttl), ", ",
                     lease.open_trials(), " trials"),
        now, lease.sweep_id());
    event.lease_id = id;
    event.ForSession(session.worker(), session.id());
    ReturnLease(id, now, &held);
  }
  if (held.trials > 0) {
    const int lost = hosts_.Lost(session.host());
    if (lost == kSuspiciousLosses) {
      effects_.Event("host_suspected",
                     absl::StrCat("the host of worker ", session.worker(),
                                  " has lost ", lost,
                                  " workers in a row without finishing a "
                                  "trial"),
                     now);
    }
  }
  if (session.connected()) {
    const ConnectionId connection = session.connection();
    effects_.Close(connection, absl::DeadlineExceededError(
                                   "silent for longer than the lease TTL"));
    OnDisconnected(connection, now);
  } else {
    sessions_.Erase(session.id());
  }
}

// A slot may hang in a file system that does not answer, or may have a trial
// that never ends.
void Coordinator::TakeBackStalled(absl::Time now) {
  if (now < next_stall_check_) return;
  next_stall_check_ = now + std::clamp(options_.stall_limit / 60,
                                       absl::Seconds(1), absl::Minutes(1));
  const std::vector<int64_t> stalled =
      leases_.Unmoved(options_.stall_limit, now);
  for (const int64_t id : stalled) {
    const Lease& lease = *leases_.Find(id);
    const Session& session = *sessions_.Find(lease.holder().session_id());
    effects_.Event(
        "lease_stalled",
        absl::StrCat("worker ", session.worker(), " took no step of ",
                     lease.open_trials(), " trials in ",
                     absl::FormatDuration(options_.stall_limit)),
        now, lease.sweep_id());
    if (session.connected()) {
      v1::CoordinatorMessage message;
      message.mutable_revoke()->add_lease_ids(id);
      effects_.Send(session.connection(), std::move(message));
    }
    // The trials count as lost together, as if the worker had died with this
    // lease alone. A trial that hangs is thereby found by halving the group,
    // and goes to another worker next.
    const TogetherTrials held = lease.open();
    ReturnLease(id, now, &held);
  }
  if (!stalled.empty()) Assign(now);
}

}  // namespace fathom::server
