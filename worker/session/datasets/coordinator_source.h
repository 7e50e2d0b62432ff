#ifndef FATHOM_WORKER_SESSION_DATASETS_COORDINATOR_SOURCE_H_
#define FATHOM_WORKER_SESSION_DATASETS_COORDINATOR_SOURCE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "worker/session/datasets/dataset_source.h"
#include "worker/session/running_calls.h"

namespace fathom::worker {

// Turns the status of a failed call into an error of this worker. When the
// coordinator does not have what was asked for or cannot send it, the error is
// FAILED_PRECONDITION: this says nothing about the trials, which another worker
// may be able to run.
absl::Status CallError(const grpc::Status& status);

// Fetches datasets from the coordinator for as long as bytes arrive. On a slow
// network this takes long, and after a broken connection the next call goes on
// where the last one ended; it gives up only when a call brings nothing.
//
// This class is thread-safe.
class CoordinatorSource final : public DatasetSource {
 public:
  // A call that brings nothing for so long is given up. The coordinator sends
  // pieces of a quarter of a MiB, so that 4 KiB per second are enough.
  static constexpr absl::Duration kPatience = absl::Minutes(1);

  CoordinatorSource(v1::WorkerService::StubInterface* stub, RunningCalls* calls,
                    absl::Duration patience = kPatience)
      : stub_(stub), calls_(calls), patience_(patience) {}

  std::string name() const override { return "the coordinator"; }

  // Besides the errors of the base class: FAILED_PRECONDITION when this
  // coordinator will not send the dataset to this worker; others may pass.
  absl::Status Fetch(const std::string& digest, DatasetPart& part,
                     const std::function<bool()>& keep_going) override;

 private:
  // Makes one call and appends what it brings.
  absl::Status FetchMore(const std::string& digest, DatasetPart& part,
                         const std::function<bool()>& keep_going);

  v1::WorkerService::StubInterface* const stub_;
  RunningCalls* const calls_;
  const absl::Duration patience_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_DATASETS_COORDINATOR_SOURCE_H_
