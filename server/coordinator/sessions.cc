// The part of the Coordinator that listens to workers.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/duration.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "proto/sweep/printable.h"
#include "server/coordinator/coordinator.h"
#include "server/coordinator/message_checks.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

// Ticks, of which there is one a second, that are further apart than half of
// the lease TTL within these bounds are taken for an interruption.
constexpr absl::Duration kLongestTick = absl::Seconds(5);
constexpr absl::Duration kShortestGap = absl::Milliseconds(1500);

// Workers lost in a row by one host that people are told of.
constexpr int kSuspiciousLosses = 3;

// Whether the worker and this coordinator have a version in common.
absl::Status CheckProtocol(const v1::Hello& hello) {
  const int newest = hello.protocol_version();
  const int oldest = hello.oldest_protocol_version() == 0
                         ? newest
                         : hello.oldest_protocol_version();
  if (oldest <= newest && newest >= kOldestProtocolVersion &&
      oldest <= kProtocolVersion) {
    return absl::OkStatus();
  }
  const auto range = [](int from, int to) {
    return from == to ? absl::StrCat("version ", to)
                      : absl::StrCat("versions ", from, " to ", to);
  };
  return absl::FailedPreconditionError(absl::StrCat(
      "worker ", Excerpt(hello.worker()), " (fathom ",
      Excerpt(hello.program_version()), ") speaks protocol ",
      range(oldest, newest), ", this coordinator (fathom " FATHOM_VERSION ") ",
      range(kOldestProtocolVersion, kProtocolVersion), "; run a newer ",
      newest < kOldestProtocolVersion ? "fathom-worker" : "fathom-server"));
}

}  // namespace

void Coordinator::OnMessage(ConnectionId connection, v1::WorkerMessage message,
                            absl::Time now, const std::string& caller) {
  if (message.has_hello()) {
    OnHello(connection, message.hello(), caller, now);
    return;
  }
  auto it = session_of_.find(connection);
  if (it == session_of_.end()) {
    Close(connection, absl::InvalidArgumentError(
                          "the first message of a stream must be a Hello"));
    return;
  }
  Session& session = sessions_[it->second];
  session.last_heard = now;
  absl::Status status = CheckSequence(session, message.sequence());
  if (status.ok()) status = OnBody(connection, session, message, now);
  if (!status.ok()) {
    Refuse(connection, std::move(status), now);
    return;
  }
  if (message.sequence() > 0) {
    session.stream_sequence = message.sequence();
    session.last_sequence = std::max(session.last_sequence, message.sequence());
    v1::CoordinatorMessage ack;
    ack.mutable_ack()->set_sequence(message.sequence());
    Send(connection, std::move(ack));
  }
  // Most messages change nothing for demands that could not be met before.
  freed_ ? Assign(now) : AssignNew(now);
}

absl::Status Coordinator::OnBody(ConnectionId connection, Session& session,
                                 v1::WorkerMessage& message, absl::Time now) {
  switch (message.body_case()) {
    case v1::WorkerMessage::kDemand:
      return OnDemand(connection, session, message.demand());
    case v1::WorkerMessage::kReport:
      RETURN_IF_ERROR(CheckReport(message.report()));
      return OnReport(session, message.sequence(),
                      std::move(*message.mutable_report()), now);
    case v1::WorkerMessage::kReleased:
      RETURN_IF_ERROR(CheckReleased(message.released()));
      OnReleased(session, message.released(), now);
      return absl::OkStatus();
    case v1::WorkerMessage::kHeartbeat:
      RETURN_IF_ERROR(
          CheckHeartbeat(message.heartbeat(), session.hello.slots()));
      OnHeartbeat(session, message.heartbeat(), now);
      return absl::OkStatus();
    case v1::WorkerMessage::kLeaving:
      session.leaving = true;
      WithdrawDemands(session);
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError("empty message");
  }
}

absl::Status Coordinator::OnDemand(ConnectionId connection, Session& session,
                                   const v1::Demand& demand) {
  if (session.leaving || session.draining) return absl::OkStatus();
  if (session.open_demands >= MaxLeases(session.hello.slots())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found more than ", session.open_demands, " open demands of ",
        session.hello.slots(), " slots, expected one for each"));
  }
  ++session.open_demands;
  demands_.push_back(
      {connection, std::clamp(demand.trials(), 1, kMaxTrialsPerLease)});
  return absl::OkStatus();
}

void Coordinator::Refuse(ConnectionId connection, absl::Status status,
                         absl::Time now) {
  Close(connection, std::move(status));
  OnDisconnected(connection, now);
}

void Coordinator::OnHello(ConnectionId connection, const v1::Hello& hello,
                          const std::string& caller, absl::Time now) {
  if (const absl::Status status = CheckProtocol(hello); !status.ok()) {
    Close(connection, status);
    return;
  }
  if (absl::Status status = CheckHello(hello); !status.ok()) {
    Close(connection, std::move(status));
    return;
  }
  if (session_of_.contains(connection)) {
    Close(connection, absl::InvalidArgumentError("second Hello on a stream"));
    return;
  }
  if (absl::Status status = CheckSession(hello, caller); !status.ok()) {
    Close(connection, std::move(status));
    return;
  }
  auto [it, is_new] = sessions_.try_emplace(hello.session_id());
  Session& session = it->second;
  if (session.hello.slots() == 0) {  // Else it is known as this caller's.
    session.caller = caller;
    if (!caller.empty()) ++sessions_of_[caller];
  }
  if (session.connection != 0) {
    Close(session.connection,
          absl::AbortedError("a newer connection took over the session"));
    Detach(session);
  }
  session.hello = hello;
  session.connection = connection;
  session.stream_sequence = 0;
  session.leaving = false;
  session.last_heard = now;
  session_of_[connection] = hello.session_id();
  connected_slots_ += hello.slots();
  if (is_new) effects_.writes.push_back(InsertSession{hello, now});
  Event("worker_connected",
        absl::StrCat(hello.worker(), ", ", hello.slots(), " slots, ",
                     hello.numerics()),
        now);

  v1::CoordinatorMessage message;
  v1::Welcome& welcome = *message.mutable_welcome();
  *welcome.mutable_heartbeat_period() = ToProto(options_.heartbeat_period);
  *welcome.mutable_lease_ttl() = ToProto(options_.lease_ttl);
  welcome.set_protocol_version(
      std::min(hello.protocol_version(), kProtocolVersion));
  for (const int64_t id : SettleHeld(session, hello, now)) {
    welcome.add_dropped_lease_ids(id);
  }
  Send(connection, std::move(message));
  if (session.draining) {
    v1::CoordinatorMessage drain;
    drain.mutable_drain();
    Send(connection, std::move(drain));
  }
  Assign(now);
}

std::vector<int64_t> Coordinator::SettleHeld(Session& session,
                                             const v1::Hello& hello,
                                             absl::Time now) {
  std::vector<int64_t> dropped;
  for (int64_t id : hello.held_lease_ids()) {
    auto held = leases_.find(id);
    if (held == leases_.end() ||
        held->second.session_id != hello.session_id()) {
      dropped.push_back(id);
    }
  }
  std::vector<int64_t> named(hello.held_lease_ids().begin(),
                             hello.held_lease_ids().end());
  std::sort(named.begin(), named.end());
  for (int64_t id : std::set<int64_t>(session.leases)) {
    if (!std::binary_search(named.begin(), named.end(), id)) {
      ReturnLease(id, now);
    }
  }
  return dropped;
}

void Coordinator::OnReleased(Session& session, const v1::Released& released,
                             absl::Time now) {
  for (int64_t id : released.lease_ids()) {
    auto it = leases_.find(id);
    if (it != leases_.end() &&
        it->second.session_id == session.hello.session_id()) {
      const int64_t sweep_id = it->second.sweep_id;
      ReturnLease(id, now);
      if (!released.declined().empty()) {
        Decline(session, sweep_id, released.declined(), now);
      }
    }
  }
}

void Coordinator::OnHeartbeat(const Session& session,
                              const v1::Heartbeat& heartbeat, absl::Time now) {
  for (const v1::LeaseProgress& progress : heartbeat.progress()) {
    auto it = leases_.find(progress.lease_id());
    if (it == leases_.end() ||
        it->second.session_id != session.hello.session_id()) {
      continue;
    }
    // What its finished trials took is in steps_done already.
    Lease& lease = it->second;
    const auto steps = static_cast<double>(progress.steps());
    if (steps > lease.heard_steps) {
      lease.heard_steps = steps;
      lease.moved = now;
    }
    lease.steps =
        std::clamp(steps - lease.finished_steps, 0.0, lease.open_steps);
  }
}

void Coordinator::OnDisconnected(ConnectionId connection, absl::Time now) {
  auto it = session_of_.find(connection);
  if (it == session_of_.end()) return;
  Session& session = sessions_.at(it->second);
  Detach(session);
  session.last_heard = now;
  Event("worker_disconnected", session.hello.worker(), now);
  if (session.leaving) {
    for (int64_t lease : std::set<int64_t>(session.leases)) {
      ReturnLease(lease, now);
    }
    Assign(now);
  }
  if (session.leases.empty()) EraseSession(session.hello.session_id());
}

void Coordinator::OnWorkerLost(const Session& session, absl::Time now) {
  const int lost = hosts_.Lost(HostOf(session.hello));
  if (lost != kSuspiciousLosses) return;
  Event(
      "host_suspected",
      absl::StrCat("the host of worker ", session.hello.worker(), " has lost ",
                   lost, " workers in a row without finishing a trial"),
      now);
}

void Coordinator::Detach(Session& session) {
  WithdrawDemands(session);
  session_of_.erase(session.connection);
  session.connection = 0;
  connected_slots_ -= session.hello.slots();
}

void Coordinator::WithdrawDemands(Session& session) {
  freed_ = true;  // What waited for this session waits for it no more.
  if (session.open_demands == 0) return;
  for (std::list<Demand>* const demands : {&demands_, &tried_demands_}) {
    std::erase_if(*demands, [&](const Demand& demand) {
      return demand.connection == session.connection;
    });
  }
  session.open_demands = 0;
}

void Coordinator::OnTick(absl::Time now) {
  // Time in which this coordinator itself did not run (a suspended machine, a
  // stalled disk) or in which the clock jumped is nobody's silence.
  const absl::Duration gap =
      last_tick_ == absl::InfinitePast() ? kShortestGap : now - last_tick_;
  const absl::Duration longest =
      std::clamp(options_.lease_ttl / 2, kShortestGap, kLongestTick);
  if (gap > longest || gap < absl::ZeroDuration()) {
    for (auto& [id, session] : sessions_) {
      session.last_heard = std::min(session.last_heard + gap, now);
    }
    for (auto& [id, lease] : leases_) {
      lease.moved = std::min(lease.moved + gap, now);
    }
  }
  last_tick_ = now;
  std::vector<std::string> silent;
  for (const auto& [id, session] : sessions_) {
    if (now - session.last_heard > options_.lease_ttl) silent.push_back(id);
  }
  for (const std::string& id : silent) {
    const Session& session = sessions_.at(id);
    const Suspicion held = SuspicionOf(session);
    const bool had_trials = held.trials > 0;
    for (int64_t lease : std::set<int64_t>(session.leases)) {
      Event("lease_expired",
            absl::StrCat("worker ", session.hello.worker(), " was silent for ",
                         absl::FormatDuration(options_.lease_ttl), ", ",
                         leases_.at(lease).open_trials, " trials"),
            now, leases_.at(lease).sweep_id);
      ReturnLease(lease, now, &held);
    }
    if (had_trials) OnWorkerLost(session, now);
    if (session.connection != 0) {
      Close(session.connection, absl::DeadlineExceededError(
                                    "silent for longer than the lease TTL"));
      OnDisconnected(session.connection, now);
    } else {
      EraseSession(id);
    }
  }
  if (!silent.empty()) Assign(now);
  TakeBackStalled(now);
}

}  // namespace fathom::server
