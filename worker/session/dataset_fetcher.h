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

// A call that failed. That nobody has what was asked for, or that it does not
// come through, says nothing about the trials: another worker may know better,
// so that this becomes FAILED_PRECONDITION.
absl::Status CallError(const grpc::Status& status);

// Fetches datasets from the coordinator, for as long as something comes: a slow
// network takes long, one that breaks goes on where it was, and only a
// standstill is given up.
//
// This class is thread-safe.
class DatasetFetcher {
 public:
  DatasetFetcher(v1::WorkerService::StubInterface* stub, RunningCalls* calls)
      : stub_(stub), calls_(calls) {}

  // Returns the canonical bytes, whose digest is right. FAILED_PRECONDITION
  // when this worker cannot have them, CANCELLED once `keep_going` has returned
  // false; other errors may pass, and the next call goes on with what has come.
  absl::StatusOr<std::string> Fetch(const std::string& digest,
                                    const std::function<bool()>& keep_going);

 private:
  // Makes one call, which adds to `bytes`. Takes `resumes` back when the
  // coordinator cannot begin anywhere but at the beginning.
  absl::Status FetchMore(const std::string& digest,
                         const std::function<bool()>& keep_going, bool& resumes,
                         std::string& bytes);
  // What had come of a dataset when fetching it failed.
  std::string TakePartial(const std::string& digest);
  void KeepPartial(const std::string& digest, std::string bytes);

  v1::WorkerService::StubInterface* const stub_;
  RunningCalls* const calls_;
  absl::Mutex mutex_;
  std::map<std::string, std::string> partial_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_DATASET_FETCHER_H_
