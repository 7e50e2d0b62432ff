#ifndef FATHOM_WORKER_SESSION_WORKER_H_
#define FATHOM_WORKER_SESSION_WORKER_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "worker/engine/engines.h"
#include "worker/session/mailbox.h"
#include "worker/session/problem_cache.h"
#include "worker/session/steady.h"

namespace fathom::worker {

// A worker session: `slots` threads that train, and a stream to the coordinator
// that is opened again whenever it breaks. See worker_service.proto.
//
// This class is thread-safe.
class Worker {
 public:
  struct Options {
    // Name that people know the worker by.
    std::string name;
    // Name of the machine; empty: it does not matter.
    std::string host;
    // Compute threads, >= 1.
    int slots = 1;
    // What they can train.
    EngineTable engines = AllEngines();
    // Folder where datasets are kept across runs; empty: none.
    std::string cache_dir;
    // Bounds what is not acknowledged: in memory, and beyond that in a file in
    // `spool_dir`. When both are full the slots wait.
    int64_t memory_bytes = int64_t{64} << 20;
    std::string spool_dir;
    int64_t spool_bytes = 0;
    // Whether to connect again when the connection breaks. Not in a process
    // that holds the coordinator, too.
    bool reconnect = true;
    // How long to try for the first connection; later ones are tried for ever.
    absl::Duration connect_timeout = absl::Seconds(30);
    // How long Stop may take to hand over what is finished.
    absl::Duration stop_grace = absl::Seconds(10);
  };

  Worker(std::shared_ptr<grpc::Channel> channel, Options options);
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Works until Stop. OK when it was stopped and everything that was finished
  // has been handed over; UNAVAILABLE when the coordinator cannot be reached at
  // first, or not any more after Stop; FAILED_PRECONDITION or INVALID_ARGUMENT
  // when it refuses this worker. Call once.
  absl::Status Run();

  // Makes Run return once what the worker holds is finished and handed over.
  void Drain() { mailbox_.Drain(); }

  // Makes Run return soon: what is not finished is given back.
  void Stop();

 private:
  void RunSlot(int slot);
  absl::Status RunConnections();
  // Serves one connection to its end; gives up unless the coordinator answers
  // by `welcome_due`. `welcomed` tells whether it did. `again`: the log says
  // that there was no connection, and is told that there is one.
  absl::Status RunConnection(SteadyTime welcome_due, bool again,
                             bool& welcomed);
  v1::WorkerMessage Hello(SteadyTime welcome_due);
  // Cuts the connection when Stop has taken too long.
  void GuardStop();

  const Options options_;
  const std::string session_id_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  ProblemCache problems_;
  Mailbox mailbox_;

  absl::Mutex mutex_;
  SteadyTime stop_deadline_ ABSL_GUARDED_BY(mutex_) = kSteadyNever;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  SteadyFlag stop_or_end_;  // Stop was called, or Run is about to return.
  SteadyFlag ended_;        // Run is about to return.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_WORKER_H_
