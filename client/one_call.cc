#include "client/one_call.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "client/call_cost.h"
#include "proto/shared/call_cost.h"
#include "proto/shared/grpc_status.h"

namespace fathom::client {
namespace {

// What gRPC says when a connection breaks or none can be made, in words that
// help only those who know gRPC.
bool IsOfTransport(absl::string_view message) {
  for (const char* words :
       {"failed to connect", "Failed to connect", "connections to all backends",
        "Socket closed", "Stream removed", "Connection reset", "Broken pipe",
        "Endpoint read failed", "GOAWAY", "RST_STREAM", "ransport closed",
        "keepalive watchdog", "DNS resolution failed", "recvmsg", "sendmsg"}) {
    if (absl::StrContains(message, words)) return true;
  }
  return false;
}

thread_local absl::Duration cost_of_calls = absl::ZeroDuration();

// More is not believed of a call, so that a coordinator that is wrong about it
// does not stop what is paced by it.
constexpr absl::Duration kMostCost = absl::Minutes(1);

}  // namespace

void SetTimeout(absl::Duration timeout, grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() +
                        absl::ToChronoMilliseconds(timeout));
}

absl::Status StatusOfCall(const grpc::Status& status) {
  const bool lost = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                    status.error_code() == grpc::StatusCode::UNKNOWN ||
                    status.error_code() == grpc::StatusCode::INTERNAL;
  if (lost && IsOfTransport(status.error_message())) {
    return absl::UnavailableError(
        "the coordinator does not answer: it has been stopped, or the network "
        "does not reach it");
  }
  if (status.error_code() == grpc::StatusCode::CANCELLED) {
    return absl::UnavailableError("the coordinator is stopping");
  }
  return FromGrpcStatus(status);
}

absl::Duration CostOfCalls() { return cost_of_calls; }

CountCost::~CountCost() {
  if (!ended_) cost_of_calls += absl::Now() - begin_;
}

void CountCost::End(const grpc::Status& status) {
  ended_ = true;
  const auto& metadata = context_.GetServerTrailingMetadata();
  const auto said = metadata.find(kCallCostKey);
  int64_t micros = 0;
  if (said != metadata.end() &&
      absl::SimpleAtoi(
          absl::string_view(said->second.data(), said->second.size()),
          &micros) &&
      micros >= 0) {
    cost_of_calls += std::min(absl::Microseconds(micros), kMostCost);
  } else if (status.ok()) {
    cost_of_calls += absl::Now() - begin_;
  }
}

}  // namespace fathom::client
