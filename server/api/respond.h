#ifndef FATHOM_SERVER_API_RESPOND_H_
#define FATHOM_SERVER_API_RESPOND_H_

#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/status.h"
#include "server/api/call_cost.h"
#include "server/api/read_pool.h"

namespace fathom::server {

// Answers a unary call of the caller `name` with the status of `answer`, which
// runs on `pool`; gRPC keeps request and response alive until then. When the
// pool does not take the task, the call fails with the error of ReadPool::Post.
// `answer` is not run if the client has gone meanwhile.
inline grpc::ServerUnaryReactor* RespondOn(
    ReadPool& pool, const std::string& name,
    grpc::CallbackServerContext* context,
    absl::AnyInvocable<absl::Status()> answer) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::Status accepted = pool.Post(
      [reactor, context, answer = std::move(answer)]() mutable {
        const CallCost cost;
        const absl::Status status = context->IsCancelled()
                                        ? absl::CancelledError("client is gone")
                                        : answer();
        cost.Tell(*context);
        reactor->Finish(ToGrpcStatus(status));
      },
      name);
  if (!accepted.ok()) reactor->Finish(ToGrpcStatus(accepted));
  return reactor;
}

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_RESPOND_H_
