// The part of the Coordinator that gives trials out.
#include <algorithm>
#include <optional>
#include <utility>

#include "server/coordinator/coordinator.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

// More trials than a lease can have.
constexpr int64_t kNoLimit = int64_t{1} << 40;

// Returns how many trials the session may be given in addition to those that it
// holds.
int64_t RoomForTrials(const Session& session) {
  const int64_t slots = session.hello().slots();
  const auto leases = static_cast<int64_t>(session.held.leases().size());
  if (leases >= MaxLeases(slots)) return 0;
  return MaxLeasedTrials(slots) - session.held.trials();
}

// Returns the message for the worker, in which consecutive trials on the same
// attempt are one range.
v1::Lease MessageOf(const Lease& lease) {
  v1::Lease proto;
  proto.set_lease_id(lease.id());
  proto.set_sweep_id(lease.sweep_id());
  for (const LeasedTrial& trial : lease.trials()) {
    v1::TrialRange* last = proto.trials().empty()
                               ? nullptr
                               : proto.mutable_trials(proto.trials_size() - 1);
    if (last != nullptr && last->attempt() == trial.attempt &&
        last->first_index() + last->count() == trial.index) {
      last->set_count(last->count() + 1);
    } else {
      v1::TrialRange& range = *proto.add_trials();
      range.set_first_index(trial.index);
      range.set_count(1);
      range.set_attempt(trial.attempt);
    }
    if (trial.checkpoint != nullptr) {
      *proto.add_checkpoints() = *trial.checkpoint;
    }
  }
  return proto;
}

// Returns how many trials of the sweep, the next of which is pending, the
// session can finish before its job ends; at least one, which comes further
// from a checkpoint to the next where it takes longer than a job may.
int64_t RoomInTime(const Session& session, const RunningSweep& sweep,
                   absl::Time now) {
  if (session.ends == absl::InfiniteFuture()) return kNoLimit;
  const std::optional<double> pace = sweep.SecondsPerStep();
  if (!pace.has_value()) return 1;
  const double seconds = *pace * sweep.TotalSteps() /
                         static_cast<double>(sweep.sweep.trial_count());
  const double left = absl::ToDoubleSeconds(session.ends - now);
  // Half, as trials differ and what is done has to be handed over.
  const double room = 0.5 * left / std::max(seconds, 1e-9);
  if (room >= static_cast<double>(kNoLimit)) return kNoLimit;
  return std::max<int64_t>(1, static_cast<int64_t>(room));
}

}  // namespace

void Coordinator::Assign(absl::Time now) {
  demands_.TryAllAgain();
  AssignNew(now);
}

void Coordinator::AssignNew(absl::Time now) {
  behind_ = false;
  while (granting_ && !demands_.empty()) {
    if (trials_given_ >= options_.max_trials_per_transaction) {
      behind_ = AnythingPending();
      break;
    }
    if (Answer(demands_.First(), now)) {
      demands_.Answered();
    } else if (AnythingPending()) {
      demands_.SetAside();
    } else {
      break;
    }
  }
}

bool Coordinator::Answer(const Demands::Demand& demand, absl::Time now) {
  Session& session = *demand.session;
  if (session.held.HoldsIsolated()) return false;
  if (RoomForTrials(session) <= 0) return false;
  RunningSweep* const sweep = NextSweep(session, now);
  if (sweep == nullptr) return false;
  if (!session.held.empty() && matching_.MayTakeIsolated(session, *sweep) &&
      !matching_.HasClearing(*sweep)) {
    sweep->clearing_session = session.id();
    return false;
  }
  GrantLease(session, *sweep, demand.trials, now);
  return true;
}

RunningSweep* Coordinator::NextSweep(const Session& session, absl::Time now) {
  RunningSweep* next = nullptr;
  FairShare::Turn first;
  for (auto& [id, sweep] : sweeps_) {
    if (!sweep.MayGiveOut()) continue;
    if (matching_.IsClearing(session, sweep)) {
      return session.held.empty() ? &sweep : nullptr;
    }
    if (!matching_.MayTake(session, sweep)) continue;
    const FairShare::Turn turn = fair_share_.TurnOf(*sweep.account, now);
    if (next == nullptr || turn.IsBefore(first)) {
      next = &sweep;
      first = turn;
    }
  }
  return next;
}

void Coordinator::GrantLease(Session& session, RunningSweep& sweep,
                             int32_t trials, absl::Time now) {
  // No slot gets more than its share of the unfinished trials, so that a small
  // sweep is spread over all slots.
  v1::Progress& progress = *sweep.sweep.mutable_progress();
  const int64_t unfinished = progress.pending() + progress.leased();
  const int64_t slots = std::max<int64_t>(1, sessions_.connected_slots());
  const int64_t share = (unfinished + slots - 1) / slots;
  const int64_t limit =
      std::min({int64_t{trials}, share, RoomForTrials(session),
                RoomInTime(session, sweep, now),
                options_.max_trials_per_transaction - trials_given_});
  const bool isolated =
      session.held.empty() && matching_.MayTakeIsolated(session, sweep);
  const Lease& lease = leases_.Grant(
      session.held, sweep.id(), sweep.pending, limit, isolated,
      [&](int64_t index) { return sweep.StepsOf(index); }, now);
  fair_share_.LeaseBegins(*sweep.account, now);
  trials_given_ += lease.open_trials();
  progress.set_pending(progress.pending() - lease.open_trials());
  progress.set_leased(progress.leased() + lease.open_trials());
  sweep.dirty = true;

  v1::CoordinatorMessage message;
  *message.mutable_lease() = MessageOf(lease);
  message.mutable_lease()->set_traceparent(sweep.sweep.traceparent());
  effects_.writes.push_back(InsertLease{message.lease(), session.id(), now});
  effects_.Send(session.connection(), std::move(message));
}

bool Coordinator::AnythingPending() const {
  return std::any_of(sweeps_.begin(), sweeps_.end(),
                     [](const auto& sweep) { return sweep.second.HasWork(); });
}

}  // namespace fathom::server
