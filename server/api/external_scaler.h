#ifndef FATHOM_SERVER_API_EXTERNAL_SCALER_H_
#define FATHOM_SERVER_API_EXTERNAL_SCALER_H_

#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "keda/externalscaler.grpc.pb.h"
#include "server/api/callers.h"
#include "server/api/live_view.h"
#include "server/api/read_pool.h"

namespace fathom::server {

// What the metadata of a trigger says:
//
//   slotsPerPod     compute threads of a worker's pod; 1 without it
//   targetSeconds   in how many seconds all work is to be done; 600 without it
//   tokenFromEnv    the token of the scaler, which KEDA reads from an
//                   environment variable of the pod that is scaled; or `token`
//
// KEDA has no other way to show a token: it sends no metadata of gRPC.
struct ScalerOptions {
  double slots_per_pod = 1;
  absl::Duration target = absl::Minutes(10);
  std::string token = {};
};

// Reads the metadata; keys that are not ours are KEDA's own. INVALID_ARGUMENT,
// with what was found and expected, when a value makes no sense.
absl::StatusOr<ScalerOptions> ReadScalerOptions(
    const externalscaler::ScaledObjectRef& object);

// Answers KEDA, the autoscaler of Kubernetes, how many compute threads are
// wanted: see SlotsWanted. Thread-safe, as gRPC requires.
class ExternalScaler final
    : public externalscaler::ExternalScaler::CallbackService {
 public:
  // All arguments must outlive the gRPC server that this service is registered
  // with.
  ExternalScaler(LiveView* live, ReadPool* pool, Callers* callers)
      : live_(live), pool_(pool), callers_(callers) {}

  grpc::ServerUnaryReactor* IsActive(
      grpc::CallbackServerContext* context,
      const externalscaler::ScaledObjectRef* request,
      externalscaler::IsActiveResponse* response) override;
  grpc::ServerWriteReactor<externalscaler::IsActiveResponse>* StreamIsActive(
      grpc::CallbackServerContext* context,
      const externalscaler::ScaledObjectRef* request) override;
  grpc::ServerUnaryReactor* GetMetricSpec(
      grpc::CallbackServerContext* context,
      const externalscaler::ScaledObjectRef* request,
      externalscaler::GetMetricSpecResponse* response) override;
  grpc::ServerUnaryReactor* GetMetrics(
      grpc::CallbackServerContext* context,
      const externalscaler::GetMetricsRequest* request,
      externalscaler::GetMetricsResponse* response) override;

  // Tells the open streams whether there is anything to do, where that has
  // changed, and ends those whose token was taken back. To be called again and
  // again. Does nothing, and takes no time, while no stream is open.
  void UpdateStreams();
  // Ends all streams, and takes no new ones.
  void EndStreams(const absl::Status& status);

 private:
  class Stream;

  // Returns the options of a call that is allowed.
  absl::StatusOr<ScalerOptions> Admit(
      const externalscaler::ScaledObjectRef& object,
      absl::string_view method) const;
  absl::StatusOr<bool> IsActiveNow();

  LiveView* const live_;
  ReadPool* const pool_;
  Callers* const callers_;
  absl::Mutex mutex_;
  std::set<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
  absl::Status ended_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_EXTERNAL_SCALER_H_
