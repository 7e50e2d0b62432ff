#include "server/coordinator/coordinator.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/duration.h"
#include "proto/shared/status.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/revisions.h"
#include "proto/sweep/validate.h"
#include "server/coordinator/message_checks.h"
#include "server/coordinator/sharing.h"

namespace fathom::server {
namespace {

using ::google::protobuf::util::TimeUtil;

int64_t Finished(const v1::Progress& progress) {
  return progress.succeeded() + progress.diverged() + progress.stopped() +
         progress.failed();
}

}  // namespace

Coordinator::Coordinator(const Options& options, LedgerState state,
                         absl::Time now)
    : options_(options),
      start_(now),
      next_sweep_id_(state.next_sweep_id),
      next_lease_id_(state.next_lease_id) {
  LoadLeases(state, now);
  LoadSweeps(state, now);
  for (auto& [id, lease] : leases_) {
    if (auto it = sweeps_.find(lease.sweep_id); it != sweeps_.end()) {
      BeginLease(it->second, lease, now);
      Session& session = sessions_.at(lease.session_id);
      HoldSuspects(session, lease);
      session.leased_trials += static_cast<int64_t>(lease.trials.size());
    }
  }
  std::vector<int64_t> ended;
  for (const auto& [id, lease] : leases_) {
    if (lease.open_trials == 0 || !options_.workers_outlive_coordinator) {
      ended.push_back(id);
    }
  }
  std::sort(ended.begin(), ended.end());
  for (int64_t id : ended) ReturnLease(id, now);
}

void Coordinator::LoadLeases(const LedgerState& state, absl::Time now) {
  absl::flat_hash_set<int64_t> running;
  for (const LedgerState::OpenSweep& open : state.running_sweeps) {
    running.insert(open.sweep.sweep_id());
  }
  for (const LedgerState::OpenLease& open : state.leases) {
    if (!running.contains(open.sweep_id)) continue;
    Lease& lease = leases_[open.lease_id];
    lease.sweep_id = open.sweep_id;
    lease.session_id = open.session_id;
    Session& session = sessions_[open.session_id];
    session.hello.set_session_id(open.session_id);
    session.hello.set_worker(open.worker);
    session.last_heard = now;              // Freezes expiry for one TTL.
    session.leases.insert(open.lease_id);  // Its trials come with sweeps.
  }
}

void Coordinator::LoadSweeps(LedgerState& state, absl::Time now) {
  for (LedgerState::OpenSweep& open : state.running_sweeps) {
    const int64_t id = open.sweep.sweep_id();
    Sweep& sweep =
        sweeps_.emplace(id, Sweep{std::move(open.sweep)}).first->second;
    if (sweep.sweep.unreadable().empty()) {
      absl::StatusOr<Space> space = Space::FromStored(sweep.sweep.spec());
      if (space.ok()) {
        sweep.space = *std::move(space);
        sweep.spec_revision = RequiredRevision(sweep.sweep.spec());
      } else {
        sweep.sweep.set_unreadable(std::string(space.status().message()));
      }
    }
    if (!sweep.space.has_value()) {
      Event("sweep_unreadable", sweep.sweep.unreadable(), now, id);
      std::get<InsertEvent>(effects_.writes.back()).once = true;
    }
    if (sweep.sweep.weight() == 0) sweep.sweep.set_weight(1);
    sweep.next_index = open.next_index;
    sweep.steps_done = sweep.sweep.progress().fraction() * TotalSteps(sweep);
    for (const LedgerState::OpenTrial& trial : open.open_trials) {
      if (auto it = leases_.find(trial.lease_id); it != leases_.end()) {
        AddTrial(it->second, {.index = trial.trial_index,
                              .attempt = trial.attempt,
                              .lost_alone = trial.lost_alone,
                              .bundle_limit = trial.bundle_limit,
                              .next_chunk = trial.next_chunk});
      } else {
        sweep.returned.Insert(
            trial.trial_index,
            {trial.attempt, trial.lost_alone, trial.bundle_limit,
             trial.lost_session, trial.next_chunk});
      }
    }
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
    double weight, const std::string& owner) {
  ASSIGN_OR_RETURN(CheckedSpec checked, Check(spec));
  return CreateSweep(std::move(checked), force_new, now, priority, weight,
                     owner);
}

absl::StatusOr<v1::Sweep> Coordinator::CreateSweep(
    CheckedSpec checked, bool force_new, absl::Time now, int32_t priority,
    double weight, const std::string& owner) {
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
  effects_.writes.push_back(InsertSweep{sweep});
  const int64_t id = sweep.sweep_id();
  auto& created =
      sweeps_
          .emplace(id, Sweep{sweep, std::move(space), RequiredRevision(spec)})
          .first->second;
  JoinShare(created, now);
  Event("sweep_created",
        absl::StrCat("\"", spec.name(), "\", ", sweep.trial_count(), " trials",
                     owner.empty() ? "" : ", of ", owner),
        now, id);
  Assign(now);
  return WithProgress(sweeps_.at(id));
}

absl::StatusOr<v1::Sweep> Coordinator::CancelSweep(int64_t sweep_id,
                                                   absl::Time now) {
  auto it = sweeps_.find(sweep_id);
  if (it == sweeps_.end()) {
    return absl::NotFoundError(
        absl::StrCat("sweep ", sweep_id, " not running"));
  }
  Sweep& sweep = it->second;
  std::map<ConnectionId, v1::CoordinatorMessage> revokes;
  std::vector<int64_t> ended;
  for (const auto& [id, lease] : leases_) {
    if (lease.sweep_id == sweep_id) ended.push_back(id);
  }
  for (int64_t id : ended) {
    const Session& session = sessions_[leases_[id].session_id];
    if (session.connection != 0) {
      revokes[session.connection].mutable_revoke()->add_lease_ids(id);
    }
    EraseLease(id, now);
  }
  for (auto& [connection, message] : revokes) {
    Send(connection, std::move(message));
  }
  effects_.writes.push_back(CancelTrials{sweep_id, now});
  v1::Progress& progress = *sweep.sweep.mutable_progress();
  progress.set_cancelled(sweep.sweep.trial_count() - Finished(progress));
  progress.set_pending(0);
  progress.set_leased(0);
  sweep.returned.Clear();
  sweep.sweep.set_state(v1::SWEEP_STATE_CANCELLED);
  *sweep.sweep.mutable_end_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(now));
  sweep.dirty = true;
  Event("sweep_cancelled", absl::StrCat(progress.cancelled(), " trials"), now,
        sweep_id);
  v1::Sweep cancelled = WithProgress(sweep);
  RemoveEndedSweeps();
  return cancelled;
}

absl::StatusOr<v1::Sweep> Coordinator::GetRunningSweep(int64_t sweep_id) const {
  auto it = sweeps_.find(sweep_id);
  if (it == sweeps_.end()) {
    return absl::NotFoundError(
        absl::StrCat("sweep ", sweep_id, " not running"));
  }
  return WithProgress(it->second);
}

std::vector<v1::Worker> Coordinator::ListWorkers(absl::Time now) const {
  std::vector<v1::Worker> workers;
  for (const auto& [id, session] : sessions_) {
    workers.push_back(Describe(id, session, now));
  }
  return workers;
}

v1::Worker Coordinator::Describe(const std::string& id, const Session& session,
                                 absl::Time now) const {
  v1::Worker worker;
  worker.set_worker(session.hello.worker());
  worker.set_session_id(id);
  worker.set_slots(session.hello.slots());
  worker.set_numerics(session.hello.numerics());
  worker.set_program_version(session.hello.program_version());
  worker.set_connected(session.connection != 0);
  worker.set_draining(session.draining);
  int64_t leased = 0;
  for (int64_t lease : session.leases) leased += leases_.at(lease).open_trials;
  worker.set_leased_trials(leased);
  worker.set_finished_trials(session.finished_trials);
  *worker.mutable_silence() = ToProto(now - session.last_heard);
  for (const auto& [sweep_id, sweep] : sweeps_) {
    const std::string reason = WhyNot(session, sweep);
    if (reason.empty()) continue;
    v1::DeclinedSweep& declined = *worker.add_declined();
    declined.set_sweep_id(sweep_id);
    declined.set_reason(reason);
  }
  return worker;
}

void Coordinator::EndIfComplete(Sweep& sweep, absl::Time now) {
  if (sweep.sweep.state() != v1::SWEEP_STATE_RUNNING ||
      Finished(sweep.sweep.progress()) < sweep.sweep.trial_count()) {
    return;
  }
  sweep.sweep.set_state(v1::SWEEP_STATE_COMPLETED);
  *sweep.sweep.mutable_end_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(now));
  sweep.dirty = true;
  Event("sweep_completed", sweep.sweep.spec().name(), now,
        sweep.sweep.sweep_id());
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
      it = sweeps_.erase(it);
    }
  }
}

Effects Coordinator::TakeEffects() {
  for (auto& [id, sweep] : sweeps_) WriteProgress(sweep);
  just_completed_.clear();
  just_retried_.clear();
  trials_given_ = 0;
  return std::exchange(effects_, {});
}

void Coordinator::WriteProgress(Sweep& sweep) {
  if (!sweep.dirty) return;
  sweep.dirty = false;
  UpdateSweep update{.sweep_id = sweep.sweep.sweep_id(),
                     .state = sweep.sweep.state(),
                     .next_index = sweep.next_index,
                     .progress = sweep.sweep.progress(),
                     .paused = sweep.sweep.paused(),
                     .priority = sweep.sweep.priority(),
                     .weight = sweep.sweep.weight()};
  update.progress.set_fraction(
      std::min(1.0, sweep.steps_done / TotalSteps(sweep)));
  if (sweep.sweep.has_end_time()) {
    update.end_time = absl::FromUnixMicros(
        TimeUtil::TimestampToMicroseconds(sweep.sweep.end_time()));
  }
  effects_.writes.push_back(std::move(update));
}

double Coordinator::StepsOf(const Sweep& sweep, int64_t index) {
  return sweep.space.has_value()
             ? static_cast<double>(sweep.space->StepsAt(index))
             : 1;
}

double Coordinator::TotalSteps(const Sweep& sweep) {
  return sweep.space.has_value()
             ? sweep.space->total_steps()
             : static_cast<double>(sweep.sweep.trial_count());
}

int64_t Coordinator::Pending(const Sweep& sweep) {
  return sweep.returned.size() + sweep.sweep.trial_count() - sweep.next_index;
}

v1::Sweep Coordinator::WithProgress(const Sweep& sweep) const {
  v1::Sweep copy = sweep.sweep;
  double steps = sweep.steps_done;
  for (const auto& [id, lease] : leases_) {
    if (lease.sweep_id == copy.sweep_id()) steps += lease.steps;
  }
  copy.mutable_progress()->set_fraction(
      std::min(1.0, steps / TotalSteps(sweep)));
  return copy;
}

void Coordinator::Send(ConnectionId connection,
                       v1::CoordinatorMessage message) {
  effects_.messages.push_back({connection, std::move(message)});
}

void Coordinator::Close(ConnectionId connection, absl::Status status) {
  effects_.closes.push_back({connection, std::move(status)});
}

void Coordinator::Event(absl::string_view kind, std::string message,
                        absl::Time now, int64_t sweep_id, int64_t trial_index) {
  effects_.writes.push_back(InsertEvent{std::string(kind), sweep_id,
                                        trial_index, std::move(message), now});
}

}  // namespace fathom::server
