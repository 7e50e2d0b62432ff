// The part of the Coordinator that gives trials out and takes them back.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/sweep/revisions.h"
#include "server/coordinator/coordinator.h"

namespace fathom::server {

void Coordinator::Assign(absl::Time now) {
  demands_.splice(demands_.begin(), tried_demands_);
  freed_ = false;
  AssignNew(now);
}

void Coordinator::AssignNew(absl::Time now) {
  behind_ = false;
  while (granting_ && !demands_.empty()) {
    if (trials_given_ >= options_.max_trials_per_transaction) {
      behind_ = AnythingPending();
      break;
    }
    if (Answer(demands_.front(), now)) {
      demands_.pop_front();
    } else if (AnythingPending()) {
      // Not for them, as things stand.
      tried_demands_.splice(tried_demands_.end(), demands_, demands_.begin());
    } else {
      break;
    }
  }
}

bool Coordinator::Answer(const Demand& demand, absl::Time now) {
  const std::string& id = session_of_.at(demand.connection);
  Session& session = sessions_.at(id);
  if (session.suspect_limits.contains(1)) return false;
  if (RoomForTrials(session) <= 0) return false;
  Sweep* const sweep = NextSweep(session, now);
  if (sweep == nullptr) return false;
  if (!session.leases.empty() && MayTakeLoner(session, *sweep) &&
      !HasClearing(*sweep)) {
    sweep->clearing_session = id;
    return false;
  }
  --session.open_demands;
  GrantLease(session, *sweep, demand.trials, now);
  return true;
}

void Coordinator::GrantLease(Session& session, Sweep& sweep, int32_t trials,
                             absl::Time now) {
  // No slot takes more than its share of what is unfinished, so that a small
  // sweep is spread over all of them.
  const v1::Progress& progress = sweep.sweep.progress();
  const int64_t unfinished = progress.pending() + progress.leased();
  const int64_t slots = std::max<int64_t>(1, connected_slots_);
  const int64_t share = (unfinished + slots - 1) / slots;
  const int64_t limit =
      std::min({int64_t{trials}, share, RoomForTrials(session),
                options_.max_trials_per_transaction - trials_given_});

  const int64_t sweep_id = sweep.sweep.sweep_id();
  const int64_t lease_id = next_lease_id_++;
  Lease& lease = leases_[lease_id];
  lease.sweep_id = sweep_id;
  lease.session_id = session.hello.session_id();
  TakeTrials(session, sweep, limit, lease);
  BeginLease(sweep, lease, now);
  session.leases.insert(lease_id);
  session.leased_trials += lease.open_trials;
  trials_given_ += lease.open_trials;
  HoldSuspects(session, lease);

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

// Suspects go among themselves, and first: a killer is soon alone, and takes
// nobody new with it.
void Coordinator::TakeTrials(const Session& session, Sweep& sweep,
                             int64_t limit, Lease& lease) {
  const auto take = [&](const ReturnedTrials::Queue& queue) {
    const auto [index, trial] = *queue.begin();
    AddTrial(lease, {.index = index,
                     .attempt = trial.attempts + 1,
                     .lost_alone = trial.lost_alone,
                     .bundle_limit = trial.bundle_limit,
                     .lost_by = trial.lost_by,
                     .lost_by_several = trial.lost_by_several});
    sweep.returned.Erase(index);
  };
  ReturnedTrials& returned = sweep.returned;
  int64_t room = std::min(limit, RoomForSuspects(session, sweep));
  if (session.leases.empty() && MayTakeLoner(session, sweep)) {
    take(returned.loners());
  } else if (room > 0) {
    while (lease.open_trials < room && !returned.suspects().empty()) {
      room = std::min(room, returned.suspects().begin()->second.bundle_limit);
      if (lease.open_trials < room) take(returned.suspects());
    }
  } else {
    while (lease.open_trials < limit && !returned.calm().empty()) {
      take(returned.calm());
    }
    while (lease.open_trials < limit &&
           sweep.next_index < sweep.sweep.trial_count()) {
      AddTrial(lease, {.index = sweep.next_index++, .attempt = 1});
    }
  }
  v1::Progress& progress = *sweep.sweep.mutable_progress();
  progress.set_pending(progress.pending() - lease.open_trials);
  progress.set_leased(progress.leased() + lease.open_trials);
  sweep.dirty = true;
}

void Coordinator::AddTrial(Lease& lease, const LeasedTrial& trial) {
  lease.trials.push_back(trial);
  ++lease.open_trials;
  if (trial.bundle_limit == 0) return;
  lease.bundle_limit = lease.bundle_limit == 0
                           ? trial.bundle_limit
                           : std::min(lease.bundle_limit, trial.bundle_limit);
}

void Coordinator::Close(Lease& lease, LeasedTrial& trial, double steps) {
  trial.open = false;
  --lease.open_trials;
  lease.open_steps -= steps;
  lease.finished_steps += steps;
  lease.steps = std::clamp(lease.steps - steps, 0.0, lease.open_steps);
}

void Coordinator::ReturnLease(int64_t lease_id, absl::Time now,
                              const Suspicion* lost) {
  const Lease& lease = leases_.at(lease_id);
  const int64_t sweep_id = lease.sweep_id;
  if (auto it = sweeps_.find(sweep_id); it != sweeps_.end()) {
    Sweep& sweep = it->second;
    v1::Progress& progress = *sweep.sweep.mutable_progress();
    for (const LeasedTrial& trial : lease.trials) {
      if (!trial.open) continue;
      progress.set_leased(progress.leased() - 1);
      ReturnedTrial returned = {.attempts = trial.attempt,
                                .lost_alone = trial.lost_alone,
                                .bundle_limit = trial.bundle_limit,
                                .lost_by = trial.lost_by,
                                .lost_by_several = trial.lost_by_several};
      int64_t bundle = 1;
      if (lost != nullptr) {
        bundle = Blame(trial, *lost);
        // Only a trial that the worker held alone is to blame for certain.
        if (bundle == 1) {
          const HostKey host = HostOf(sessions_.at(lease.session_id).hello);
          ++returned.lost_alone;
          returned.lost_by_several |=
              trial.lost_by != 0 && trial.lost_by != host;
          returned.lost_by = host;
          hosts_.LostAlone(host, sweep_id, trial.index);
        }
        returned.bundle_limit = (bundle + 1) / 2;
        returned.lost_session = lease.session_id;
        returned.next_chunk = trial.next_chunk;
        returned.last_step = trial.last_step;
      }
      if (returned.lost_alone > trial.lost_alone && IsToBlame(returned)) {
        effects_.writes.push_back(QuarantineTrial{
            sweep_id, trial.index, trial.attempt,
            absl::StrCat("lost its worker ", returned.lost_alone, " times"),
            now});
        progress.set_failed(progress.failed() + 1);
        sweep.steps_done += StepsOf(sweep, trial.index);
      } else {
        effects_.writes.push_back(ReturnTrial{sweep_id, trial.index,
                                              trial.attempt, lost != nullptr,
                                              now, bundle});
        progress.set_pending(progress.pending() + 1);
        sweep.returned.Insert(trial.index, std::move(returned));
      }
    }
    sweep.dirty = true;
    EndIfComplete(sweep, now);
  }
  effects_.writes.push_back(DeleteLease{lease_id});
  EraseLease(lease_id, now);
  RemoveEndedSweeps();
}

// The killer may be any trial that the session held. If some were suspects, it
// is likely one of them, and their limit halves whatever was with them; for the
// others, it may be anyone.
int64_t Coordinator::Blame(const LeasedTrial& trial, const Suspicion& lost) {
  if (lost.trials == 1) return 1;
  if (trial.bundle_limit == 0) return lost.trials;
  return std::max<int64_t>(2, std::min(lost.suspects, trial.bundle_limit));
}

bool Coordinator::IsToBlame(const ReturnedTrial& trial) const {
  if (trial.lost_alone < options_.max_lost_attempts) return false;
  return trial.lost_by_several || hosts_.Proven(trial.lost_by) ||
         (trial.lost_alone >= options_.max_lost_on_one_host &&
          !hosts_.LostSeveral(trial.lost_by));
}

int64_t Coordinator::RoomForTrials(const Session& session) {
  const int64_t slots = session.hello.slots();
  if (static_cast<int64_t>(session.leases.size()) >= MaxLeases(slots)) return 0;
  return MaxLeasedTrials(slots) - session.leased_trials;
}

Coordinator::Suspicion Coordinator::SuspicionOf(const Session& session) const {
  Suspicion held;
  for (const int64_t id : session.leases) {
    const Lease& lease = leases_.at(id);
    held.trials += lease.open_trials;
    if (lease.bundle_limit == 0) continue;
    held.suspects += lease.open_trials;
    held.limit = held.limit == 0 ? lease.bundle_limit
                                 : std::min(held.limit, lease.bundle_limit);
  }
  return held;
}

void Coordinator::HoldSuspects(Session& session, const Lease& lease) {
  if (lease.bundle_limit == 0) return;
  session.suspects += lease.open_trials;
  session.suspect_limits.insert(lease.bundle_limit);
}

void Coordinator::LetSuspectsGo(Session& session, const Lease& lease) {
  if (lease.bundle_limit == 0) return;
  session.suspects -= lease.open_trials;
  session.suspect_limits.erase(session.suspect_limits.find(lease.bundle_limit));
}

int64_t Coordinator::RoomForSuspects(const Session& session,
                                     const Sweep& sweep) const {
  const ReturnedTrials::Queue& suspects = sweep.returned.suspects();
  if (suspects.empty()) return 0;
  int64_t limit = suspects.begin()->second.bundle_limit;
  if (!session.suspect_limits.empty()) {
    limit = std::min(limit, *session.suspect_limits.begin());
  }
  return limit - session.suspects;
}

std::string Coordinator::WhyNot(const Session& session, const Sweep& sweep) {
  const auto declined = session.declined.find(sweep.sweep.sweep_id());
  if (declined != session.declined.end()) return declined->second;
  if (!sweep.space.has_value() || session.connection == 0) return "";
  const auto& numerics = sweep.sweep.numerics();
  if (numerics.size() >= kMaxNumericsPerSweep &&
      !std::binary_search(numerics.begin(), numerics.end(),
                          session.hello.numerics())) {
    return absl::StrCat("its numbers are of the kind ",
                        session.hello.numerics(), ", and the results are of ",
                        numerics.size(), " kinds already");
  }
  const int told = session.hello.spec_revision();
  const int known = told == 0 ? kFirstReleaseRevision : told;
  if (known >= sweep.spec_revision) return "";
  return absl::StrCat("it knows the words of specs up to revision ", known,
                      ", and this one has some of revision ",
                      sweep.spec_revision, ": a newer fathom-worker is needed");
}

bool Coordinator::MayTake(const Session& session, const Sweep& sweep) const {
  if (!WhyNot(session, sweep).empty()) return false;
  const ReturnedTrials& returned = sweep.returned;
  if (MayTakeLoner(session, sweep) &&
      (session.leases.empty() || !HasClearing(sweep))) {
    return true;
  }
  return sweep.next_index < sweep.sweep.trial_count() ||
         !returned.calm().empty() || RoomForSuspects(session, sweep) > 0;
}

bool Coordinator::HasClearing(const Sweep& sweep) const {
  const auto it = sessions_.find(sweep.clearing_session);
  if (it == sessions_.end()) return false;
  const Session& session = it->second;
  // Else it wants nothing, or is gone.
  return session.open_demands > 0 && MayTakeLoner(session, sweep);
}

bool Coordinator::IsClearing(const Session& session, const Sweep& sweep) const {
  return sweep.clearing_session == session.hello.session_id() &&
         MayTakeLoner(session, sweep);
}

bool Coordinator::MayTakeLoner(const Session& session,
                               const Sweep& sweep) const {
  const ReturnedTrials& returned = sweep.returned;
  if (returned.loners().empty()) return false;
  const HostKey host = HostOf(session.hello);
  if (returned.loners().begin()->second.lost_by != host) return true;
  if (HasOtherHost(host, sweep)) return false;
  return hosts_.Proven(host) || (returned.calm().empty() &&
                                 sweep.next_index >= sweep.sweep.trial_count());
}

bool Coordinator::HasOtherHost(HostKey host, const Sweep& sweep) const {
  return std::any_of(
      session_of_.begin(), session_of_.end(), [&](const auto& entry) {
        const Session& session = sessions_.at(entry.second);
        return !session.leaving && !session.draining &&
               !session.declined.contains(sweep.sweep.sweep_id()) &&
               HostOf(session.hello) != host;
      });
}

bool Coordinator::AnythingPending() const {
  return std::any_of(sweeps_.begin(), sweeps_.end(), [](const auto& sweep) {
    return MayGiveOut(sweep.second) && Pending(sweep.second) > 0;
  });
}

void Coordinator::EraseLease(int64_t lease_id, absl::Time now) {
  freed_ = true;
  auto it = leases_.find(lease_id);
  if (auto sweep = sweeps_.find(it->second.sweep_id); sweep != sweeps_.end()) {
    --sweep->second.open_leases;
    sweep->second.granted_sum -= it->second.granted - start_;
    sweep->second.held += now - it->second.granted;
  }
  if (auto session = sessions_.find(it->second.session_id);
      session != sessions_.end()) {
    session->second.leases.erase(lease_id);
    session->second.leased_trials -=
        static_cast<int64_t>(it->second.trials.size());
    LetSuspectsGo(session->second, it->second);
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

}  // namespace fathom::server
