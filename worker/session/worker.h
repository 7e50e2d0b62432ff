#ifndef FATHOM_WORKER_SESSION_WORKER_H_
#define FATHOM_WORKER_SESSION_WORKER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "proto/shared/log.h"
#include "worker/engine/engines.h"
#include "worker/session/checkpoints.h"
#include "worker/session/job.h"
#include "worker/session/mailbox.h"
#include "worker/session/problem_cache.h"
#include "worker/session/steady.h"

namespace fathom::worker {

// A worker session: `slots` threads that train, and a stream to the coordinator
// that is opened again whenever it breaks. The protocol is explained in
// worker_service.proto.
//
// This class is thread-safe.
class Worker {
 public:
  struct Options {
    // The name by which people know the worker.
    std::string name;
    // The name of the machine, or empty when it does not matter.
    std::string host;
    // The job that the worker runs in, and when it has to be done with it.
    Job job = {};
    SteadyTime ends = kSteadyNever;
    // The number of compute threads, >= 1.
    int slots = 1;
    // The engines that the slots train with.
    EngineTable engines = AllEngines();
    // Where datasets are kept, and come from.
    DatasetOptions datasets = {};
    // Bounds of the reports that are not acknowledged yet: `memory_bytes` in
    // memory, and beyond that `spool_bytes` in a file in `spool_dir`. When both
    // are full, the slots wait.
    int64_t memory_bytes = int64_t{64} << 20;
    std::string spool_dir;
    int64_t spool_bytes = 0;
    // Whether to connect again when the connection breaks. False in a process
    // that holds the coordinator as well.
    bool reconnect = true;
    // How long to try for the first connection; the worker never stops trying
    // for later ones.
    absl::Duration connect_timeout = absl::Seconds(30);
    // How long Stop may take to hand over what is finished, and to write down
    // what is not.
    absl::Duration stop_grace = absl::Seconds(10);
    // When lanes are written down.
    Checkpoints::Options checkpoints = {};
    // Measures the operations per second that one thread of this machine
    // reaches at best, which heartbeats tell; null for none. It is called once,
    // while the first connection is being made.
    std::function<double()> measure_peak = nullptr;
  };

  // `channel` leads to the coordinator. Nothing is sent before Run.
  Worker(std::shared_ptr<grpc::Channel> channel, Options options);
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Works until Stop or until drained. Returns OK when everything finished has
  // been handed over; UNAVAILABLE when the coordinator cannot be reached at
  // first, or not any more after Stop; FAILED_PRECONDITION, INVALID_ARGUMENT,
  // UNAUTHENTICATED, PERMISSION_DENIED or UNIMPLEMENTED when it refuses this
  // worker. Call once.
  absl::Status Run();

  // Makes Run return once the leases that the worker holds are finished and
  // handed over.
  void Drain() { mailbox_.Drain(); }

  // How long the worker has held no lease; zero while it holds one.
  absl::Duration idle() const { return mailbox_.idle(); }

  // Makes Run return soon; trials that are not finished are written down, if
  // there are checkpoints, and given back.
  void Stop();

 private:
  // Returns who lines of the log are of.
  LogFields LogNames() const;
  // Trains one lease after the other, on the thread of a slot.
  void RunSlot(int slot);
  // Keeps a connection until nothing is left to do, and returns what Run does.
  absl::Status RunConnections();
  // Serves one connection to its end, and cuts it when the coordinator does not
  // answer by `welcome_due`. `welcomed` tells whether the coordinator answered.
  // With `again` the log has said that there was no connection, and is now told
  // that there is one.
  absl::Status RunConnection(SteadyTime welcome_due, bool again,
                             bool& welcomed);
  // Begins a connection in the mailbox and returns its first message.
  v1::WorkerMessage Hello(SteadyTime welcome_due);
  // Waits for Stop, and cuts the connection when stopping takes too long.
  void GuardStop();

  const Options options_;
  const std::string session_id_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  ProblemCache problems_;
  Mailbox mailbox_;
  Checkpoints checkpoints_;

  bool measured_ = false;  // Used by the thread of Run only.

  absl::Mutex mutex_;
  SteadyTime stop_deadline_ ABSL_GUARDED_BY(mutex_) = kSteadyNever;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  SteadyFlag stop_or_end_;  // Stop was called, or Run is about to return.
  SteadyFlag ended_;        // Run is about to return.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_WORKER_H_
