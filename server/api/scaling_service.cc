#include "server/api/scaling_service.h"

#include <memory>

#include "proto/shared/status.h"
#include "server/api/respond.h"

namespace fathom::server {

v1::Load LoadOf(const Coordinator::Look& look) {
  v1::Load load = look.load;
  for (const v1::Worker& worker : look.workers) {
    v1::LoadWorker& entry = *load.add_workers();
    entry.set_session_id(worker.session_id());
    entry.set_slots(worker.slots());
    entry.set_job_id(worker.job_id());
    entry.set_restarts(worker.restarts());
    entry.set_connected(worker.connected());
    entry.set_leaving(worker.draining());
    entry.set_leased_trials(worker.leased_trials());
  }
  return load;
}

grpc::ServerUnaryReactor* ScalingService::GetLoad(
    grpc::CallbackServerContext* context, const v1::GetLoadRequest*,
    v1::Load* response) {
  return RespondOn(*pool_, callers_->NameOf(*context), context,
                   [this, response]() -> absl::Status {
                     ASSIGN_OR_RETURN(const auto look, live_->Get());
                     *response = LoadOf(*look);
                     return absl::OkStatus();
                   });
}

}  // namespace fathom::server
