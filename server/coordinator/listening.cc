// The part of the Coordinator that handles the messages of workers.
#include <algorithm>
#include <set>
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

// Returns OK when the worker and this coordinator have a version of the
// protocol in common.
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
  Session* const known = sessions_.OfConnection(connection);
  if (known == nullptr) {
    effects_.Close(connection,
                   absl::InvalidArgumentError(
                       "the first message of a stream must be a Hello"));
    return;
  }
  Session& session = *known;
  session.last_heard = now;
  absl::Status status = session.CheckSequence(message.sequence());
  if (status.ok()) status = OnBody(session, message, now);
  if (!status.ok()) {
    Refuse(connection, std::move(status), now);
    return;
  }
  if (message.sequence() > 0) {
    session.NoteSequence(message.sequence());
    v1::CoordinatorMessage ack;
    ack.mutable_ack()->set_sequence(message.sequence());
    effects_.Send(connection, std::move(ack));
  }
  // Most messages free nothing, and demands that could not be answered before
  // need not be tried again.
  demands_.freed() ? Assign(now) : AssignNew(now);
}

absl::Status Coordinator::OnBody(Session& session, v1::WorkerMessage& message,
                                 absl::Time now) {
  switch (message.body_case()) {
    case v1::WorkerMessage::kDemand:
      return OnDemand(session, message.demand());
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
          CheckHeartbeat(message.heartbeat(), session.hello().slots()));
      OnHeartbeat(session, message.heartbeat(), now);
      return absl::OkStatus();
    case v1::WorkerMessage::kLeaving:
      session.leaving = true;
      demands_.Withdraw(session);
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError("empty message");
  }
}

absl::Status Coordinator::OnDemand(Session& session, const v1::Demand& demand) {
  if (session.leaving || session.draining) return absl::OkStatus();
  const int64_t slots = session.hello().slots();
  if (session.open_demands >= MaxLeases(slots)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "found more than ", session.open_demands, " open demands of ", slots,
        " slots, expected one for each"));
  }
  demands_.Add(session, std::clamp(demand.trials(), 1, kMaxTrialsPerLease));
  return absl::OkStatus();
}

void Coordinator::Refuse(ConnectionId connection, absl::Status status,
                         absl::Time now) {
  effects_.Close(connection, std::move(status));
  OnDisconnected(connection, now);
}

void Coordinator::OnHello(ConnectionId connection, const v1::Hello& hello,
                          const std::string& caller, absl::Time now) {
  absl::Status status = CheckProtocol(hello);
  if (status.ok()) status = CheckHello(hello);
  if (status.ok() && sessions_.OfConnection(connection) != nullptr) {
    status = absl::InvalidArgumentError("second Hello on a stream");
  }
  if (status.ok()) status = sessions_.CheckConnect(hello, caller);
  if (!status.ok()) {
    effects_.Close(connection, std::move(status));
    return;
  }
  Session* const known = sessions_.Find(hello.session_id());
  if (known != nullptr && known->connected()) {
    effects_.Close(known->connection(),
                   absl::AbortedError("a newer connection took over the "
                                      "session"));
    Detach(*known);
  }
  Session& session = sessions_.Connect(connection, hello, caller, now);
  if (known == nullptr) effects_.writes.push_back(InsertSession{hello, now});
  effects_
      .Event("worker_connected",
             absl::StrCat(hello.worker(), ", ", hello.slots(),
                          hello.slots() == 1 ? " slot, " : " slots, ",
                          hello.numerics()),
             now)
      .ForSession(hello.worker(), hello.session_id());

  v1::CoordinatorMessage message;
  v1::Welcome& welcome = *message.mutable_welcome();
  *welcome.mutable_heartbeat_period() = ToProto(options_.heartbeat_period);
  *welcome.mutable_lease_ttl() = ToProto(options_.lease_ttl);
  welcome.set_protocol_version(
      std::min(hello.protocol_version(), kProtocolVersion));
  for (const int64_t id : SettleHeld(session, now)) {
    welcome.add_dropped_lease_ids(id);
  }
  effects_.Send(connection, std::move(message));
  if (session.draining) {
    v1::CoordinatorMessage drain;
    drain.mutable_drain();
    effects_.Send(connection, std::move(drain));
  }
  Assign(now);
}

std::vector<int64_t> Coordinator::SettleHeld(const Session& session,
                                             absl::Time now) {
  const auto& held = session.hello().held_lease_ids();
  std::vector<int64_t> dropped;
  for (const int64_t id : held) {
    if (leases_.FindHeld(session.held, id) == nullptr) dropped.push_back(id);
  }
  std::vector<int64_t> named(held.begin(), held.end());
  std::sort(named.begin(), named.end());
  for (const int64_t id : std::set<int64_t>(session.held.leases())) {
    if (!std::binary_search(named.begin(), named.end(), id)) {
      ReturnLease(id, now);
    }
  }
  return dropped;
}

void Coordinator::OnReleased(Session& session, const v1::Released& released,
                             absl::Time now) {
  for (const int64_t id : released.lease_ids()) {
    const Lease* const lease = leases_.FindHeld(session.held, id);
    if (lease == nullptr) continue;
    const int64_t sweep_id = lease->sweep_id();
    ReturnLease(id, now);
    if (!released.declined().empty()) {
      Decline(session, sweep_id, released.declined(), now);
    }
  }
}

void Coordinator::OnHeartbeat(Session& session, const v1::Heartbeat& heartbeat,
                              absl::Time now) {
  // Telemetry that makes no sense is no reason to lose a worker.
  if (!heartbeat.has_telemetry()) {
    session.telemetry = nullptr;
  } else if (CheckTelemetry(heartbeat.telemetry(), session.hello().slots())
                 .ok()) {
    session.telemetry =
        std::make_unique<const v1::WorkerTelemetry>(heartbeat.telemetry());
  } else {
    ++effects_.refused_telemetry;
  }
  for (const v1::LeaseProgress& progress : heartbeat.progress()) {
    Lease* const lease = leases_.FindHeld(session.held, progress.lease_id());
    if (lease == nullptr) continue;
    leases_.NoteSteps(*lease, static_cast<double>(progress.steps()), now);
  }
}

void Coordinator::OnDisconnected(ConnectionId connection, absl::Time now) {
  Session* const session = sessions_.OfConnection(connection);
  if (session == nullptr) return;
  Detach(*session);
  session->last_heard = now;
  effects_.Event("worker_disconnected", session->worker(), now)
      .ForSession(session->worker(), session->id());
  if (session->leaving) {
    for (const int64_t id : std::set<int64_t>(session->held.leases())) {
      ReturnLease(id, now);
    }
    Assign(now);
  }
  if (session->held.empty()) sessions_.Erase(session->id());
}

void Coordinator::Detach(Session& session) {
  demands_.Withdraw(session);
  sessions_.Disconnect(session);
}

}  // namespace fathom::server
