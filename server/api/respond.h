#ifndef FATHOM_SERVER_API_RESPOND_H_
#define FATHOM_SERVER_API_RESPOND_H_

#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "proto/shared/grpc_status.h"
#include "proto/shared/status.h"
#include "server/api/read_pool.h"

namespace fathom {

// Answers a unary call with the status of `answer`, run on `pool`. gRPC keeps
// request and response alive until then. UNAVAILABLE when the pool is full.
inline grpc::ServerUnaryReactor* RespondOn(
    ReadPool& pool, grpc::CallbackServerContext* context,
    absl::AnyInvocable<absl::Status()> answer) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool accepted =
      pool.Post([reactor, answer = std::move(answer)]() mutable {
        reactor->Finish(ToGrpcStatus(answer()));
      });
  if (!accepted) {
    reactor->Finish({grpc::StatusCode::UNAVAILABLE, "server is overloaded"});
  }
  return reactor;
}

}  // namespace fathom

#endif  // FATHOM_SERVER_API_RESPOND_H_
