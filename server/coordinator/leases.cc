// The part of the Coordinator that gives trials out and takes them back.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/coordinator/coordinator.h"

namespace fathom {

void Coordinator::Assign(absl::Time now) {
  while (granting_ && !demands_.empty()) {
    Sweep* const sweep = NextSweep(now);
    if (sweep == nullptr) return;
    const Demand demand = demands_.front();
    demands_.pop_front();
    Session& session = sessions_.at(session_of_.at(demand.connection));
    --session.open_demands;
    GrantLease(session, *sweep, demand.trials, now);
  }
}

void Coordinator::GrantLease(Session& session, Sweep& sweep, int32_t trials,
                             absl::Time now) {
  // No slot takes more than its share of what is unfinished, so that a small
  // sweep is spread over all of them.
  const v1::Progress& progress = sweep.sweep.progress();
  const int64_t unfinished = progress.pending() + progress.leased();
  const int64_t slots = std::max<int64_t>(1, connected_slots_);
  const int64_t share = (unfinished + slots - 1) / slots;
  const int64_t limit = std::min<int64_t>(trials, share);

  const int64_t sweep_id = sweep.sweep.sweep_id();
  const int64_t lease_id = next_lease_id_++;
  Lease& lease = leases_[lease_id];
  lease.sweep_id = sweep_id;
  lease.session_id = session.hello.session_id();
  TakeTrials(sweep, limit, lease);
  AddLeaseToShare(sweep, lease, now);
  session.leases.push_back(lease_id);

  v1::CoordinatorMessage message;
  v1::Lease& grant = *message.mutable_lease();
  grant.set_lease_id(lease_id);
  grant.set_sweep_id(sweep_id);
  for (const LeasedTrial& trial : lease.trials) {
    v1::TrialRange* last = grant.trials().empty()
                               ? nullptr
                               : grant.mutable_trials(grant.trials_size() - 1);
    if (last != nullptr && last->attempt() == trial.attempt &&
        last->first_index() + last->count() == trial.index) {
      last->set_count(last->count() + 1);
    } else {
      v1::TrialRange& range = *grant.add_trials();
      range.set_first_index(trial.index);
      range.set_count(1);
      range.set_attempt(trial.attempt);
    }
  }
  effects_.writes.push_back(
      InsertLease{grant, session.hello.session_id(), now});
  Send(session.connection, std::move(message));
}

void Coordinator::TakeTrials(Sweep& sweep, int64_t limit, Lease& lease) {
  // Trials whose bundle was lost go in smaller ones, among themselves: if one
  // of them kills workers, it is soon alone, and takes nobody new with it.
  bool suspects = false;
  while (static_cast<int64_t>(lease.trials.size()) < limit &&
         !sweep.returned.empty()) {
    const auto it = sweep.returned.begin();
    const Sweep::Returned& trial = it->second;
    const bool suspect = trial.bundle_limit > 0;
    if (lease.trials.empty()) suspects = suspect;
    if (suspect != suspects) break;
    if (suspect) {
      if (static_cast<int64_t>(lease.trials.size()) >= trial.bundle_limit)
        break;
      limit = std::min(limit, trial.bundle_limit);
    }
    lease.trials.push_back({.index = it->first,
                            .attempt = trial.attempts + 1,
                            .lost_alone = trial.lost_alone,
                            .bundle_limit = trial.bundle_limit});
    sweep.returned.erase(it);
  }
  while (!suspects && static_cast<int64_t>(lease.trials.size()) < limit &&
         sweep.next_index < sweep.sweep.trial_count()) {
    lease.trials.push_back({.index = sweep.next_index++, .attempt = 1});
  }
  lease.open_trials = static_cast<int64_t>(lease.trials.size());
  v1::Progress& progress = *sweep.sweep.mutable_progress();
  progress.set_pending(progress.pending() - lease.open_trials);
  progress.set_leased(progress.leased() + lease.open_trials);
  sweep.dirty = true;
}

void Coordinator::ReturnLease(int64_t lease_id, bool lost, absl::Time now) {
  const Lease& lease = leases_.at(lease_id);
  const int64_t sweep_id = lease.sweep_id;
  if (auto it = sweeps_.find(sweep_id); it != sweeps_.end()) {
    Sweep& sweep = it->second;
    v1::Progress& progress = *sweep.sweep.mutable_progress();
    const int64_t bundle = lease.open_trials;
    for (const LeasedTrial& trial : lease.trials) {
      if (!trial.open) continue;
      progress.set_leased(progress.leased() - 1);
      Sweep::Returned returned = {trial.attempt, trial.lost_alone,
                                  trial.bundle_limit};
      if (lost) {
        // Only a trial that was alone is to blame for certain.
        if (bundle == 1) ++returned.lost_alone;
        returned.bundle_limit = (bundle + 1) / 2;
        returned.lost_session = lease.session_id;
      }
      if (lost && returned.lost_alone >= options_.max_lost_attempts) {
        effects_.writes.push_back(QuarantineTrial{
            sweep_id, trial.index, trial.attempt,
            absl::StrCat("lost its worker ", returned.lost_alone, " times"),
            now});
        progress.set_failed(progress.failed() + 1);
        sweep.steps_done += StepsOf(sweep, trial.index);
      } else {
        effects_.writes.push_back(ReturnTrial{
            sweep_id, trial.index, trial.attempt, lost, now, bundle});
        progress.set_pending(progress.pending() + 1);
        sweep.returned[trial.index] = std::move(returned);
      }
    }
    sweep.dirty = true;
    EndIfComplete(sweep, now);
  }
  effects_.writes.push_back(DeleteLease{lease_id});
  EraseLease(lease_id, now);
  RemoveEndedSweeps();
}

void Coordinator::EraseLease(int64_t lease_id, absl::Time now) {
  auto it = leases_.find(lease_id);
  if (auto sweep = sweeps_.find(it->second.sweep_id); sweep != sweeps_.end()) {
    --sweep->second.open_leases;
    sweep->second.granted_sum -= it->second.granted - start_;
    sweep->second.held += now - it->second.granted;
  }
  if (auto session = sessions_.find(it->second.session_id);
      session != sessions_.end()) {
    std::erase(session->second.leases, lease_id);
  }
  leases_.erase(it);
}

Coordinator::LeasedTrial* Coordinator::FindOpen(Lease& lease, int64_t index,
                                                int32_t attempt) {
  auto it = std::lower_bound(
      lease.trials.begin(), lease.trials.end(), index,
      [](const LeasedTrial& trial, int64_t i) { return trial.index < i; });
  if (it == lease.trials.end() || it->index != index || !it->open ||
      it->attempt != attempt) {
    return nullptr;
  }
  return &*it;
}

}  // namespace fathom
