// The part of the Coordinator that decides between sweeps: priorities, shares,
// pauses, and second chances.
#include "server/coordinator/sharing.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "proto/sweep/revisions.h"
#include "server/coordinator/coordinator.h"

namespace fathom::server {
namespace {

constexpr int32_t kMaxPriority = 1000;
constexpr double kMinWeight = 0.001;
constexpr double kMaxWeight = 1000;

// What a lease counts at once, in seconds.
constexpr double kGrantSeconds = 1;

}  // namespace

absl::Status CheckPriority(int32_t priority) {
  if (priority >= -kMaxPriority && priority <= kMaxPriority) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("found priority ", priority,
                                                 ", expected ", -kMaxPriority,
                                                 " to ", kMaxPriority));
}

absl::Status CheckWeight(double weight) {
  if (weight >= kMinWeight && weight <= kMaxWeight) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "found weight ", weight, ", expected ", kMinWeight, " to ", kMaxWeight));
}

double Coordinator::Share(const Sweep& sweep, absl::Time now) const {
  const auto open = static_cast<double>(sweep.open_leases);
  const double seconds = absl::ToDoubleSeconds(sweep.held - sweep.granted_sum) +
                         open * absl::ToDoubleSeconds(now - start_) +
                         open * kGrantSeconds;
  return sweep.share_offset + seconds / sweep.sweep.weight();
}

void Coordinator::BeginLease(Sweep& sweep, Lease& lease, absl::Time now) {
  for (const LeasedTrial& trial : lease.trials) {
    lease.open_steps += StepsOf(sweep, trial.index);
  }
  lease.granted = now;
  lease.moved = now;
  ++sweep.open_leases;
  sweep.granted_sum += now - start_;
}

Coordinator::Sweep* Coordinator::NextSweep(const Session& session,
                                           absl::Time now) {
  Sweep* next = nullptr;
  double least = 0;
  for (auto& [id, sweep] : sweeps_) {
    if (!MayGiveOut(sweep)) continue;
    if (IsClearing(session, sweep)) {
      return session.leases.empty() ? &sweep : nullptr;
    }
    if (!MayTake(session, sweep)) continue;
    const double share = Share(sweep, now);
    if (next == nullptr || sweep.sweep.priority() > next->sweep.priority() ||
        (sweep.sweep.priority() == next->sweep.priority() && share < least)) {
      next = &sweep;
      least = share;
    }
  }
  return next;
}

std::optional<double> Coordinator::LeastShare(const Sweep& sweep,
                                              absl::Time now) const {
  std::optional<double> competing;
  std::optional<double> any;
  for (const auto& [id, other] : sweeps_) {
    if (&other == &sweep || other.sweep.priority() != sweep.sweep.priority()) {
      continue;
    }
    const double share = Share(other, now);
    any = std::min(any.value_or(share), share);
    if (!MayGiveOut(other) || Pending(other) == 0) continue;
    competing = std::min(competing.value_or(share), share);
  }
  return competing.has_value() ? competing : any;
}

void Coordinator::JoinShare(Sweep& sweep, absl::Time now) {
  const std::optional<double> least = LeastShare(sweep, now);
  if (!least.has_value()) return;
  sweep.share_offset += std::max(0.0, *least - Share(sweep, now));
}

absl::StatusOr<v1::Sweep> Coordinator::ChangeSweep(
    int64_t sweep_id, const v1::UpdateSweepRequest& request, absl::Time now) {
  auto it = sweeps_.find(sweep_id);
  if (it == sweeps_.end()) {
    return absl::NotFoundError(
        absl::StrCat("sweep ", sweep_id, " not running"));
  }
  if (request.has_priority())
    RETURN_IF_ERROR(CheckPriority(request.priority()));
  if (request.has_weight()) RETURN_IF_ERROR(CheckWeight(request.weight()));
  Sweep& sweep = it->second;
  v1::Sweep& fields = sweep.sweep;
  // Whoever leaves the others, in a pause or for another priority, comes back
  // as far ahead of them as it was: nobody gets slots by asking.
  const bool moves =
      request.has_priority() && request.priority() != fields.priority();
  const bool was_there = !fields.paused();
  const bool will_be_there =
      !(request.has_paused() ? request.paused() : fields.paused());
  const double share = Share(sweep, now);
  if (was_there && (moves || !will_be_there)) {
    const double least = LeastShare(sweep, now).value_or(share - sweep.lead);
    sweep.lead = std::max(0.0, share - least);
  }
  if (request.has_paused() && request.paused() != fields.paused()) {
    fields.set_paused(request.paused());
    Event(request.paused() ? "sweep_paused" : "sweep_resumed",
          fields.spec().name(), now, sweep_id);
  }
  if (request.has_priority()) fields.set_priority(request.priority());
  if (request.has_weight()) fields.set_weight(request.weight());
  // What it has had counts as before; the weight is for what it will have.
  sweep.share_offset += share - Share(sweep, now);
  sweep.dirty = true;
  if (will_be_there && (moves || !was_there)) {
    const double least = LeastShare(sweep, now).value_or(share - sweep.lead);
    sweep.share_offset += least + sweep.lead - share;
  }
  Assign(now);
  return WithProgress(sweep);
}

absl::StatusOr<v1::Sweep> Coordinator::RetryTrials(
    LedgerState::OpenSweep recorded, absl::Time now) {
  const int64_t id = recorded.sweep.sweep_id();
  if (!recorded.sweep.unreadable().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("nothing of sweep ", id,
                     " can be given out again: ", recorded.sweep.unreadable()));
  }
  for (const v1::Sweep& sweep : just_completed_) {
    if (sweep.sweep_id() == id) return absl::UnavailableError("just completed");
  }
  if (just_retried_.contains(id)) return absl::UnavailableError("just retried");
  auto it = sweeps_.find(id);
  if (it == sweeps_.end()) {
    if (recorded.sweep.state() != v1::SWEEP_STATE_COMPLETED) {
      return absl::FailedPreconditionError(
          absl::StrCat("sweep ", id, " is cancelled, which is final"));
    }
    if (recorded.open_trials.empty()) return recorded.sweep;
    ASSIGN_OR_RETURN(Space space, Space::FromStored(recorded.sweep.spec()));
    const int revision = RequiredRevision(recorded.sweep.spec());
    it = sweeps_
             .emplace(id, Sweep{std::move(recorded.sweep), std::move(space),
                                revision})
             .first;
    Sweep& sweep = it->second;
    sweep.next_index = recorded.next_index;
    sweep.steps_done = sweep.sweep.progress().fraction() * TotalSteps(sweep);
    sweep.sweep.set_state(v1::SWEEP_STATE_RUNNING);
    sweep.sweep.clear_end_time();
  }
  Sweep& sweep = it->second;
  if (recorded.open_trials.empty()) return WithProgress(sweep);
  just_retried_.insert(id);
  v1::Progress& progress = *sweep.sweep.mutable_progress();
  for (const LedgerState::OpenTrial& trial : recorded.open_trials) {
    effects_.writes.push_back(RetryTrial{id, trial.trial_index, trial.attempt});
    sweep.returned.Insert(
        trial.trial_index,
        {.attempts = trial.attempt, .bundle_limit = trial.bundle_limit});
    sweep.steps_done -= StepsOf(sweep, trial.trial_index);
    progress.set_failed(progress.failed() - 1);
    progress.set_pending(progress.pending() + 1);
  }
  sweep.steps_done = std::max(0.0, sweep.steps_done);
  sweep.dirty = true;
  Event("trials_retried",
        absl::StrCat(recorded.open_trials.size(), " failed trials"), now, id);
  JoinShare(sweep, now);
  Assign(now);
  return WithProgress(sweep);
}

absl::StatusOr<std::vector<v1::Worker>> Coordinator::DrainWorkers(
    const std::string& worker, absl::Time now) {
  std::vector<v1::Worker> drained;
  for (auto& [id, session] : sessions_) {
    if (session.hello.worker() != worker && id != worker) continue;
    WithdrawDemands(session);
    session.draining = true;
    if (session.connection != 0) {
      v1::CoordinatorMessage message;
      message.mutable_drain();
      Send(session.connection, std::move(message));
    }
    Event("worker_draining", session.hello.worker(), now);
    drained.push_back(Describe(id, session, now));
  }
  if (drained.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no worker \"", worker,
                                            "\"; `fathom workers` shows all"));
  }
  return drained;
}

}  // namespace fathom::server
