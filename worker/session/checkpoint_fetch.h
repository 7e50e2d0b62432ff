#ifndef FATHOM_WORKER_SESSION_CHECKPOINT_FETCH_H_
#define FATHOM_WORKER_SESSION_CHECKPOINT_FETCH_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "worker/session/running_calls.h"
#include "worker/session/steady.h"

namespace fathom::worker {

// Returns how long a checkpoint of `bytes` bytes may be on its way: a minute,
// and what it takes on a line of 256 KiB a second.
absl::Duration CheckpointPatience(int64_t bytes);

// The state of one checkpoint on its way from the coordinator. After a broken
// call the next one goes on where that one ended.
//
// Not thread-safe.
class CheckpointFetch {
 public:
  // `checkpoint` is one of a trial of the sweep, as a lease names it. It may be
  // on its way for `patience`, not counting the time before a coordinator that
  // was away has answered again.
  CheckpointFetch(v1::WorkerService::StubInterface* stub, RunningCalls* calls,
                  int64_t sweep_id, v1::TrialCheckpoint checkpoint,
                  absl::Duration patience);

  // Returns the state, whose bytes are those that the checkpoint's digest
  // names; to be called until it does. FAILED_PRECONDITION when it cannot be
  // had: it is not there any more, has another content or size, or did not
  // arrive in time. CANCELLED once `keep_going` has returned false. Other
  // errors may pass, of which UNAVAILABLE says that the coordinator is away.
  absl::StatusOr<std::string> Go(const std::function<bool()>& keep_going);

 private:
  // Makes one call and keeps what it brings.
  absl::Status FetchMore(const std::function<bool()>& keep_going);
  // Takes one piece.
  absl::Status Take(const v1::CheckpointPiece& piece);

  v1::WorkerService::StubInterface* const stub_;
  RunningCalls* const calls_;
  const int64_t sweep_id_;
  const v1::TrialCheckpoint checkpoint_;
  const absl::Duration patience_;
  SteadyTime due_;
  std::string bytes_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_CHECKPOINT_FETCH_H_
