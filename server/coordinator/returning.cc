// The part of the Coordinator that takes trials back: from workers that give
// them back, that are silent, or that are alive while nothing moves.
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

// Ticks, of which there is one a second, that are further apart than half of
// the lease TTL within these bounds are taken for an interruption.
constexpr absl::Duration kLongestTick = absl::Seconds(5);
constexpr absl::Duration kShortestGap = absl::Milliseconds(1500);

// Workers lost in a row by one host that people are told of.
constexpr int kSuspiciousLosses = 3;

// Returns among how many of the trials that were lost together the one is that
// ended the worker, as far as a trial of these losses is concerned: it may be
// any of them. If some were suspects, it is likely one of these, and their
// limit halves whatever was with them; for the others, it may be anyone.
int64_t Blame(const TrialLosses& losses, const TogetherTrials& lost) {
  if (lost.trials == 1) return 1;
  if (losses.bundle_limit == 0) return lost.trials;
  return std::max<int64_t>(2, std::min(lost.suspects, losses.bundle_limit));
}

// Returns the trial as it waits after `session` has lost it, when the reason is
// among `bundle` trials.
ReturnedTrial AfterLoss(const LeasedTrial& trial, int64_t bundle,
                        const Session& session) {
  ReturnedTrial returned = {.attempts = trial.attempt,
                            .losses = trial.losses,
                            .lost_session = session.id(),
                            .next_chunk = trial.next_chunk,
                            .last_step = trial.last_step};
  TrialLosses& losses = returned.losses;
  // Only a trial that the worker held alone is to blame for certain.
  if (bundle == 1) {
    const HostKey host = session.host();
    ++losses.lost_alone;
    losses.lost_by_several |= losses.lost_by != 0 && losses.lost_by != host;
    losses.lost_by = host;
  }
  losses.bundle_limit = (bundle + 1) / 2;
  return returned;
}

// Whether what is known of the trial, which has just been lost alone once more,
// is enough to end it. To be asked before Hosts::Lost.
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
  ReturnedTrial returned = {.attempts = trial.attempt, .losses = trial.losses};
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
  // Time in which this coordinator itself did not run (a suspended machine, a
  // stalled disk) or in which the clock jumped is nobody's silence.
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
    effects_.Event("lease_expired",
                   absl::StrCat("worker ", session.worker(), " was silent for ",
                                absl::FormatDuration(options_.lease_ttl), ", ",
                                lease.open_trials(), " trials"),
                   now, lease.sweep_id());
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

// A slot may hang in a file system that does not answer, or its trial never
// ends.
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
    // As if the worker had died of this lease alone: a trial that hangs is
    // found among the others by halves, and goes elsewhere next.
    const TogetherTrials held = lease.open();
    ReturnLease(id, now, &held);
  }
  if (!stalled.empty()) Assign(now);
}

}  // namespace fathom::server
