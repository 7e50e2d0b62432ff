#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/connection.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/protocol.h"
#include "proto/shared/server_address.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

constexpr absl::Duration kProbeTimeout = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> ConnectToServer(
    const std::string& address, const ClientCredentials& credentials,
    absl::Duration timeout) {
  RETURN_IF_ERROR(CheckServerAddress(address));
  ASSIGN_OR_RETURN(auto channel_credentials,
                   MakeChannelCredentials(address, credentials));
  RETURN_IF_ERROR(CheckServerHost(address));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // gRPC would wait up to two minutes before it looks for a coordinator again,
  // and half a minute for its address, when it has long been back.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 500);
  // Coordinators are in the same network, where a proxy for the web could not
  // reach them.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      address, std::move(channel_credentials), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() +
                                 absl::ToChronoMilliseconds(timeout))) {
    if (std::string reason =
            DiagnoseConnection(address, credentials, kProbeTimeout);
        !reason.empty()) {
      return absl::UnauthenticatedError(reason);
    }
    return absl::UnavailableError(absl::StrCat(
        "no coordinator answers at ", address, " within ",
        absl::FormatDuration(timeout),
        "; is fathom-server running there, and can this machine reach the "
        "port?",
        IsLoopback(address)
            ? absl::StrCat(" Start one with: fathom-server --db FILE --listen ",
                           address)
            : ""));
  }
  return std::make_unique<Connection>(std::move(channel),
                                      Connection::Options());
}

}  // namespace fathom::client
