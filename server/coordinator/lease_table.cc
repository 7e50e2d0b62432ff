#include "server/coordinator/lease_table.h"

#include <algorithm>
#include <utility>

namespace fathom::server {

LeasedTrial* Lease::FindOpen(int64_t index, int32_t attempt) {
  auto it = std::lower_bound(
      trials_.begin(), trials_.end(), index,
      [](const LeasedTrial& trial, int64_t i) { return trial.index < i; });
  if (it == trials_.end() || it->index != index || !it->open ||
      it->attempt != attempt) {
    return nullptr;
  }
  return &*it;
}

Lease* LeaseTable::Find(int64_t lease_id) {
  const auto it = leases_.find(lease_id);
  return it == leases_.end() ? nullptr : &it->second;
}

Lease* LeaseTable::FindHeld(const Holder& holder, int64_t lease_id) {
  Lease* const lease = Find(lease_id);
  return lease != nullptr && lease->holder_ == &holder ? lease : nullptr;
}

int64_t LeaseTable::RoomForSuspects(const Holder& holder,
                                    const PendingTrials& pending) {
  const PendingTrials::Queue& suspects = pending.suspects();
  if (suspects.empty()) return 0;
  int64_t limit = suspects.begin()->second.losses.bundle_limit;
  if (holder.bundle_limit() > 0) {
    limit = std::min(limit, holder.bundle_limit());
  }
  return limit - holder.open().suspects;
}

std::vector<LeasedTrial> LeaseTable::Take(const Holder& holder,
                                          PendingTrials& pending,
                                          int64_t limit) {
  std::vector<LeasedTrial> trials;
  const auto taken = [&] { return static_cast<int64_t>(trials.size()); };
  int64_t room = std::min(limit, RoomForSuspects(holder, pending));
  if (room > 0) {
    const PendingTrials::Queue& suspects = pending.suspects();
    while (taken() < room && !suspects.empty()) {
      room = std::min(room, suspects.begin()->second.losses.bundle_limit);
      if (taken() < room) trials.push_back(pending.TakeSuspect());
    }
  } else {
    const int64_t most = std::min(limit, pending.size());
    trials.reserve(std::max<int64_t>(0, most));
    while (taken() < limit && pending.HasUnsuspected()) {
      trials.push_back(pending.TakeUnsuspected());
    }
  }
  return trials;
}

const Lease& LeaseTable::Grant(Holder& holder, int64_t sweep_id,
                               PendingTrials& pending, int64_t limit,
                               bool isolated, StepsOf steps_of,
                               absl::Time now) {
  std::vector<LeasedTrial> trials;
  if (isolated) {
    trials.push_back(pending.TakeIsolated());
  } else {
    trials = Take(holder, pending, limit);
  }
  return Enter(next_lease_id_++, holder, sweep_id, std::move(trials), steps_of,
               now);
}

const Lease& LeaseTable::Enter(int64_t lease_id, Holder& holder,
                               int64_t sweep_id,
                               std::vector<LeasedTrial> trials,
                               StepsOf steps_of, absl::Time now) {
  Lease& lease = leases_[lease_id];
  lease.id_ = lease_id;
  lease.sweep_id_ = sweep_id;
  lease.holder_ = &holder;
  lease.trials_ = std::move(trials);
  lease.open_trials_ = static_cast<int64_t>(lease.trials_.size());
  for (LeasedTrial& trial : lease.trials_) {
    trial.steps = steps_of(trial.index);
    lease.open_steps_ += trial.steps;
    const int64_t limit = trial.losses.bundle_limit;
    if (limit == 0) continue;
    lease.bundle_limit_ =
        lease.bundle_limit_ == 0 ? limit : std::min(lease.bundle_limit_, limit);
  }
  lease.granted_ = now;
  lease.moved_ = now;
  holder.leases_.insert(lease_id);
  holder.trials_ += lease.open_trials_;
  holder.open_.trials += lease.open_trials_;
  if (lease.bundle_limit_ > 0) {
    holder.open_.suspects += lease.open_trials_;
    holder.bundle_limits_.insert(lease.bundle_limit_);
  }
  return lease;
}

void LeaseTable::Close(Lease& lease, LeasedTrial& trial) {
  trial.open = false;
  --lease.open_trials_;
  lease.open_steps_ -= trial.steps;
  lease.finished_steps_ += trial.steps;
  lease.steps_ = std::clamp(lease.steps_ - trial.steps, 0.0, lease.open_steps_);
  Holder& holder = *lease.holder_;
  --holder.open_.trials;
  if (lease.bundle_limit_ > 0) --holder.open_.suspects;
}

void LeaseTable::Erase(int64_t lease_id) {
  const auto it = leases_.find(lease_id);
  const Lease& lease = it->second;
  Holder& holder = *lease.holder_;
  holder.leases_.erase(lease_id);
  holder.trials_ -= static_cast<int64_t>(lease.trials_.size());
  holder.open_.trials -= lease.open_trials_;
  if (lease.bundle_limit_ > 0) {
    holder.open_.suspects -= lease.open_trials_;
    holder.bundle_limits_.erase(
        holder.bundle_limits_.find(lease.bundle_limit_));
  }
  leases_.erase(it);
}

void LeaseTable::NoteSteps(Lease& lease, double steps, absl::Time now) {
  if (steps > lease.heard_steps_) {
    lease.heard_steps_ = steps;
    lease.moved_ = now;
  }
  lease.steps_ =
      std::clamp(steps - lease.finished_steps_, 0.0, lease.open_steps_);
}

void LeaseTable::Postpone(absl::Duration gap, absl::Time now) {
  for (auto& [id, lease] : leases_) {
    lease.moved_ = std::min(lease.moved_ + gap, now);
  }
}

std::vector<int64_t> LeaseTable::Unmoved(absl::Duration limit,
                                         absl::Time now) const {
  std::vector<int64_t> unmoved;
  for (const auto& [id, lease] : leases_) {
    if (now - lease.moved_ > limit) unmoved.push_back(id);
  }
  return unmoved;
}

std::vector<int64_t> LeaseTable::OfSweep(int64_t sweep_id) const {
  std::vector<int64_t> ids;
  for (const auto& [id, lease] : leases_) {
    if (lease.sweep_id_ == sweep_id) ids.push_back(id);
  }
  return ids;
}

double LeaseTable::StepsTaken(int64_t sweep_id) const {
  double steps = 0;
  for (const auto& [id, lease] : leases_) {
    if (lease.sweep_id_ == sweep_id) steps += lease.steps_;
  }
  return steps;
}

}  // namespace fathom::server
