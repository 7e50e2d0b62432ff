#include "server/coordinator/coordinator.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/status.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/revisions.h"
#include "proto/sweep/validate.h"
#include "server/coordinator/message_checks.h"

namespace fathom::server {

using ::google::protobuf::util::TimeUtil;

Coordinator::Coordinator(const Options& options, LedgerState state,
                         absl::Time now)
    : options_(options),
      leases_(state.next_lease_id),
      fair_share_(now),
      next_sweep_id_(state.next_sweep_id) {
  absl::flat_hash_set<int64_t> running;
  for (const LedgerState::OpenSweep& open : state.running_sweeps) {
    running.insert(open.sweep.sweep_id());
  }
  Leased leased;
  for (const LedgerState::OpenLease& open : state.leases) {
    if (running.contains(open.sweep_id)) leased[open.lease_id];
  }
  LoadSweeps(state, leased, now);
  LoadLeases(state, leased, now);
  std::vector<int64_t> ended;
  for (const auto& [id, lease] : leases_.all()) {
    if (lease.open_trials() == 0 || !options_.workers_outlive_coordinator) {
      ended.push_back(id);
    }
  }
  for (const int64_t id : ended) ReturnLease(id, now);
}

void Coordinator::LoadSweeps(LedgerState& state, Leased& leased,
                             absl::Time now) {
  for (LedgerState::OpenSweep& open : state.running_sweeps) {
    const int64_t id = open.sweep.sweep_id();
    std::optional<Space> space;
    if (open.sweep.unreadable().empty()) {
      absl::StatusOr<Space> stored = Space::FromStored(open.sweep.spec());
      if (stored.ok()) {
        space = *std::move(stored);
      } else {
        open.sweep.set_unreadable(std::string(stored.status().message()));
      }
    }
    if (!space.has_value()) {
      effects_.Event("sweep_unreadable", open.sweep.unreadable(), now, id);
      std::get<InsertEvent>(effects_.writes.back()).once = true;
    }
    if (open.sweep.weight() == 0) open.sweep.set_weight(1);
    RunningSweep& sweep =
        AddSweep(std::move(open.sweep), std::move(space), open.next_index);
    for (const LedgerState::OpenTrial& trial : open.open_trials) {
      const TrialLosses losses = {.lost_alone = trial.lost_alone,
                                  .bundle_limit = trial.bundle_limit};
      if (auto it = leased.find(trial.lease_id); it != leased.end()) {
        it->second.push_back({.index = trial.trial_index,
                              .attempt = trial.attempt,
                              .next_chunk = trial.next_chunk,
                              .losses = losses,
                              .checkpoint = trial.checkpoint});
      } else {
        sweep.pending.Return(trial.trial_index,
                             {.attempts = trial.attempt,
                              .losses = losses,
                              .lost_session = trial.lost_session,
                              .next_chunk = trial.next_chunk,
                              .checkpoint = trial.checkpoint});
      }
    }
  }
}

void Coordinator::LoadLeases(const LedgerState& state, Leased& leased,
                             absl::Time now) {
  for (const LedgerState::OpenLease& open : state.leases) {
    RunningSweep* const sweep = FindSweep(open.sweep_id);
    if (sweep == nullptr) continue;
    // The silence of a session is counted from now on, as this coordinator
    // could not hear it before.
    Session& session = sessions_.Restore(open.session_id, open.worker,
                                         open.session_begun, now);
    leases_.Enter(
        open.lease_id, session.held, open.sweep_id,
        std::move(leased[open.lease_id]),
        [&](int64_t index) { return sweep->StepsOf(index); }, now);
    fair_share_.LeaseBegins(*sweep->account, now);
  }
}

absl::StatusOr<Coordinator::CheckedSpec> Coordinator::Check(
    const v1::SweepSpec& spec) {
  RETURN_IF_ERROR(CheckSpecSize(spec));
  RETURN_IF_ERROR(CheckReady(spec));
  ASSIGN_OR_RETURN(Space space, Space::Create(spec));
  return CheckedSpec{spec, std::move(space), Fingerprints(spec)};
}

absl::StatusOr<v1::Sweep> Coordinator::CreateSweep(
    const v1::SweepSpec& spec, bool force_new, absl::Time now, int32_t priority,
    double weight, const std::string& owner, const std::string& traceparent) {
  ASSIGN_OR_RETURN(CheckedSpec checked, Check(spec));
  return CreateSweep(std::move(checked), force_new, now, priority, weight,
                     owner, traceparent);
}

absl::StatusOr<v1::Sweep> Coordinator::CreateSweep(
    CheckedSpec checked, bool force_new, absl::Time now, int32_t priority,
    double weight, const std::string& owner, const std::string& traceparent) {
  RETURN_IF_ERROR(CheckPriority(priority));
  RETURN_IF_ERROR(CheckWeight(weight));
  auto& [spec, space, fingerprints] = checked;
  const auto is_same = [&same = fingerprints](const v1::Sweep& sweep) {
    return absl::c_linear_search(same, sweep.fingerprint());
  };
  if (!force_new) {
    for (auto it = sweeps_.rbegin(); it != sweeps_.rend(); ++it) {
      if (is_same(it->second.sweep)) return WithProgress(it->second);
    }
    for (const v1::Sweep& sweep : just_completed_) {
      if (is_same(sweep)) return sweep;
    }
  }
  v1::Sweep sweep;
  sweep.set_sweep_id(next_sweep_id_++);
  *sweep.mutable_spec() = spec;
  sweep.set_fingerprint(fingerprints.front());
  sweep.set_state(v1::SWEEP_STATE_RUNNING);
  sweep.set_trial_count(space.size());
  *sweep.mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(now));
  sweep.mutable_progress()->set_pending(space.size());
  sweep.set_priority(priority);
  sweep.set_weight(weight);
  sweep.set_owner(owner);
  sweep.set_traceparent(traceparent);
  effects_.writes.push_back(InsertSweep{sweep});
  effects_.Event("sweep_created",
                 absl::StrCat("\"", spec.name(), "\", ", sweep.trial_count(),
                              " trials", owner.empty() ? "" : ", of ", owner),
                 now, sweep.sweep_id());
  RunningSweep& created =
      AddSweep(std::move(sweep), std::move(space), /*next_index=*/0);
  JoinShare(created, now);
  Assign(now);
  return WithProgress(created);
}

RunningSweep& Coordinator::AddSweep(v1::Sweep sweep, std::optional<Space> space,
                                    int64_t next_index) {
  const int64_t id = sweep.sweep_id();
  const int revision = space.has_value() ? RequiredRevision(sweep.spec()) : 0;
  const int64_t trials = sweep.trial_count();
  RunningSweep& added =
      sweeps_
          .try_emplace(
              id, RunningSweep{.sweep = std::move(sweep),
                               .space = std::move(space),
                               .spec_revision = revision,
                               .pending = PendingTrials(trials, next_index)})
          .first->second;
  added.steps_done = added.sweep.progress().fraction() * added.TotalSteps();
  added.account = &fair_share_.Open(id, added.Terms());
  return added;
}

RunningSweep* Coordinator::FindSweep(int64_t sweep_id) {
  const auto it = sweeps_.find(sweep_id);
  return it == sweeps_.end() ? nullptr : &it->second;
}

void Coordinator::JoinShare(RunningSweep& sweep, absl::Time now) {
  fair_share_.Join(
      *sweep.account, [this](int64_t id) { return sweeps_.at(id).HasWork(); },
      now);
}

void Coordinator::EndIfComplete(RunningSweep& sweep, absl::Time now) {
  if (sweep.sweep.state() != v1::SWEEP_STATE_RUNNING ||
      sweep.Finished() < sweep.sweep.trial_count()) {
    return;
  }
  sweep.End(v1::SWEEP_STATE_COMPLETED, now);
  effects_.Event("sweep_completed", sweep.sweep.spec().name(), now, sweep.id());
}

void Coordinator::RemoveEndedSweeps() {
  for (auto it = sweeps_.begin(); it != sweeps_.end();) {
    if (it->second.sweep.state() == v1::SWEEP_STATE_RUNNING) {
      ++it;
    } else {
      WriteProgress(it->second);
      if (it->second.sweep.state() == v1::SWEEP_STATE_COMPLETED) {
        just_completed_.push_back(WithProgress(it->second));
      }
      fair_share_.Close(it->first);
      it = sweeps_.erase(it);
    }
  }
}

Effects Coordinator::TakeEffects() {
  for (auto& [id, sweep] : sweeps_) WriteProgress(sweep);
  just_completed_.clear();
  just_retried_.clear();
  just_deleted_.clear();
  trials_given_ = 0;
  return std::exchange(effects_, {});
}

void Coordinator::WriteProgress(RunningSweep& sweep) {
  if (!sweep.dirty) return;
  sweep.dirty = false;
  effects_.writes.push_back(sweep.ToUpdate());
}

}  // namespace fathom::server
