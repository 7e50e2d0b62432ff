#ifndef FATHOM_WORKER_SESSION_DATASET_FETCHER_H_
#define FATHOM_WORKER_SESSION_DATASET_FETCHER_H_

#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "worker/session/running_calls.h"

namespace fathom::worker {

// Turns the status of a failed call into an error of this worker. When the
// coordinator does not have what was asked for or cannot send it, the error is
// FAILED_PRECONDITION: this says nothing about the trials, which another worker
// may be able to run.
absl::Status CallError(const grpc::Status& status);

// Fetches datasets from the coordinator for as long as bytes arrive. On a slow
// network this takes long, and after a broken connection the next call goes on
// where the last one ended; the fetcher gives up only when a call brings
// nothing.
//
// This class is thread-safe.
class DatasetFetcher {
 public:
  DatasetFetcher(v1::WorkerService::StubInterface* stub, RunningCalls* calls)
      : stub_(stub), calls_(calls) {}

  // Returns the canonical bytes of the dataset, checked against `digest`.
  // FAILED_PRECONDITION when this worker cannot get them, CANCELLED once
  // `keep_going` has returned false. Other errors may pass; the next call then
  // goes on with the bytes that have arrived.
  absl::StatusOr<std::string> Fetch(const std::string& digest,
                                    const std::function<bool()>& keep_going);

 private:
  // Makes one call and appends what it brings to `bytes`. Sets `resumes` to
  // false when the coordinator can only send a dataset from its beginning.
  absl::Status FetchMore(const std::string& digest,
                         const std::function<bool()>& keep_going, bool& resumes,
                         std::string& bytes);
  // Return and keep the bytes of a dataset that had arrived when fetching it
  // failed.
  std::string TakePartial(const std::string& digest);
  void KeepPartial(const std::string& digest, std::string bytes);

  v1::WorkerService::StubInterface* const stub_;
  RunningCalls* const calls_;
  absl::Mutex mutex_;
  std::map<std::string, std::string> partial_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_DATASET_FETCHER_H_
