#ifndef FATHOM_SERVER_API_SCALING_SERVICE_H_
#define FATHOM_SERVER_API_SCALING_SERVICE_H_

#include "absl/status/statusor.h"
#include "fathom/v1/scaling.grpc.pb.h"
#include "server/api/callers.h"
#include "server/api/live_view.h"
#include "server/api/read_pool.h"

namespace fathom::server {

// The gRPC interface of the coordinator for what starts and stops workers.
// Changes nothing. Thread-safe, as gRPC requires.
class ScalingService final : public v1::ScalingService::CallbackService {
 public:
  // All arguments must outlive the gRPC server that this service is registered
  // with.
  ScalingService(LiveView* live, ReadPool* pool, Callers* callers)
      : live_(live), pool_(pool), callers_(callers) {}

  grpc::ServerUnaryReactor* GetLoad(grpc::CallbackServerContext* context,
                                    const v1::GetLoadRequest* request,
                                    v1::Load* response) override;

 private:
  LiveView* const live_;
  ReadPool* const pool_;
  Callers* const callers_;
};

// Returns the load with its workers; see scaling.proto.
v1::Load LoadOf(const Coordinator::Look& look);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_SCALING_SERVICE_H_
