#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "client/connection.h"
#include "client/doctor/look.h"
#include "proto/shared/connection_probe.h"
#include "proto/shared/server_address.h"

namespace fathom::client {
namespace {

// The clock is asked so often; the fastest answer counts.
constexpr int kClockCalls = 5;

// Asks who calls, and compares clocks by the fastest answer: the clock over
// there was read somewhere in the time that the call took.
void AskForCaller(Connection& connection, ServerFacts& facts) {
  absl::Duration fastest = absl::InfiniteDuration();
  for (int i = 0; i < kClockCalls; ++i) {
    const absl::Time before = absl::Now();
    absl::StatusOr<v1::GetCallerResponse> caller = connection.GetCaller();
    const absl::Duration took = absl::Now() - before;
    facts.call = caller.status();
    if (!caller.ok()) return;
    facts.caller = *std::move(caller);
    // An older coordinator does not tell the time.
    if (!facts.caller.has_answer_time()) return;
    if (took < absl::ZeroDuration() || took >= fastest) continue;
    fastest = took;
    const auto& answered = facts.caller.answer_time();
    const absl::Time theirs = absl::FromUnixSeconds(answered.seconds()) +
                              absl::Nanoseconds(answered.nanos());
    facts.clock_offset = theirs - (before + took / 2);
    facts.clock_error = took / 2;
  }
}

}  // namespace

ServerFacts LookAtServer(const std::string& address,
                         const ClientCredentials& credentials,
                         absl::Duration timeout) {
  ServerFacts facts;
  facts.address = address;
  facts.credentials = credentials;
  facts.call = CheckServerAddress(address);
  if (!facts.call.ok()) {
    facts.credentials_status = facts.call;
    return facts;
  }
  facts.credentials_status =
      MakeChannelCredentials(address, credentials).status();
  facts.probe = ProbeConnection(address, credentials, timeout);
  if (!facts.credentials_status.ok() || !facts.probe.connected) {
    facts.call = facts.credentials_status.ok()
                     ? absl::UnavailableError("not connected")
                     : facts.credentials_status;
    return facts;
  }
  const absl::StatusOr<std::unique_ptr<Connection>> connection =
      ConnectToServer(address, credentials, timeout);
  facts.call = connection.status();
  if (!connection.ok()) return facts;
  AskForCaller(**connection, facts);
  if (!facts.call.ok()) return facts;
  if (auto workers = (*connection)->ListWorkers(); workers.ok()) {
    facts.workers = *std::move(workers);
  }
  if (auto telemetry = (*connection)->GetTelemetry(); telemetry.ok()) {
    facts.telemetry = *std::move(telemetry);
  }
  return facts;
}

}  // namespace fathom::client
