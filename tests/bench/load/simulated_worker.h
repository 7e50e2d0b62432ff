#ifndef FATHOM_TESTS_BENCH_LOAD_SIMULATED_WORKER_H_
#define FATHOM_TESTS_BENCH_LOAD_SIMULATED_WORKER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/retry.h"
#include "tests/bench/load/fleet.h"

namespace fathom::bench {

// Those of worker/session/worker.cc.
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(100);
constexpr absl::Duration kLongestBackoff = absl::Seconds(3);

// One session. gRPC calls the On... methods, one of a kind at a time. Writes
// are also started by Demand and Heartbeat, for which a call is held open until
// its last read. The object serves one call after the other.
class SimulatedWorker final
    : public grpc::ClientBidiReactor<v1::WorkerMessage,
                                     v1::CoordinatorMessage> {
 public:
  SimulatedWorker(Fleet* fleet, v1::WorkerService::Stub* stub, int number);

  void Demand(int count);
  void Heartbeat();
  void Leave();
  void Cut();

 private:
  // What is left to report of a lease.
  struct Work {
    v1::Lease lease;
    int range = 0;
    int64_t offset = 0;  // Position in the range.
    int64_t point = 0;   // Point of that trial.
  };
  // A report on its way.
  struct Sent {
    int64_t sequence = 0;
    int64_t trials = 0;
    int64_t points = 0;
    int64_t bytes = 0;
    int64_t ended_lease = 0;  // 0: none.
    absl::Time start;
    v1::WorkerMessage message;  // To send again, where sessions go on.
  };

  // Begins a call.
  void Begin();

  void Hello() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void OnReadDone(bool ok) override;

  void OnWelcome(const v1::Welcome& welcome);

  // Of a lease that is dropped nothing more is reported, and another one is
  // asked for.
  void Drop(const google::protobuf::RepeatedField<int64_t>& leases);

  void OnLease(v1::Lease lease);

  void OnAck(int64_t sequence);

  void OnWriteDone(bool ok) override;

  void OnDone(const grpc::Status& status) override;

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // As much as a worker says that has been at work for a while.
  void FillTelemetry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Makes the next report on the oldest lease. Asks for another lease once
  // nothing is left to report on it.
  void NextReport() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Adds a chunk of the next trial or, after its last one, its result.
  void AddTrial(Work& work, v1::Report& report, Sent& sent)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Fleet* const fleet_;
  const WorkerPlan& plan_;
  v1::WorkerService::Stub* const stub_;
  const int number_;
  const v1::TrialPoints chunk_;
  v1::CoordinatorMessage incoming_;

  absl::Mutex mutex_;
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  v1::WorkerMessage outgoing_ ABSL_GUARDED_BY(mutex_);
  std::deque<Work> work_ ABSL_GUARDED_BY(mutex_);
  std::deque<Sent> sent_ ABSL_GUARDED_BY(mutex_);
  // The leases of which not everything is acknowledged.
  std::set<int64_t> held_ ABSL_GUARDED_BY(mutex_);
  size_t resend_ ABSL_GUARDED_BY(mutex_) = 0;  // Next of sent_ to send again.
  int demands_ ABSL_GUARDED_BY(mutex_) = 0;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;  // Demands that are open.
  int64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  bool heartbeat_ ABSL_GUARDED_BY(mutex_) = false;
  bool leaving_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool welcome_ ABSL_GUARDED_BY(mutex_) = false;
  bool said_all_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::BitGen random_ ABSL_GUARDED_BY(mutex_);
  Backoff backoff_ ABSL_GUARDED_BY(mutex_){kFirstBackoff, kLongestBackoff};
};

}  // namespace fathom::bench

#endif  // FATHOM_TESTS_BENCH_LOAD_SIMULATED_WORKER_H_
