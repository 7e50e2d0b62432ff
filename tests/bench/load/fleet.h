#ifndef FATHOM_TESTS_BENCH_LOAD_FLEET_H_
#define FATHOM_TESTS_BENCH_LOAD_FLEET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace fathom::bench {

// What every simulated worker does.
struct WorkerPlan {
  // Number of leases that a worker holds or asks for at a time.
  int slots = 1;
  // Number of trials per lease that it asks for.
  int lease = 16;
  // Number of metric points of each trial. They come in chunks of `chunk`
  // points of `metrics` metrics, and a message holds the chunks of
  // `points_per_message` points.
  int64_t points = 0;
  int chunk = 100;
  int metrics = 1;
  int64_t points_per_message = 10'000;
};

class SimulatedWorker;

// Simulated workers that speak the protocol of worker_service.proto and "train"
// trials in no time. Each is a session with a stream of its own. A worker
// reports what it leased at once, and asks for the next lease without waiting
// for the acknowledgement, as a slot of fathom-worker does. `channels`
// connections carry the streams.
//
// This class is thread-safe.
class Fleet {
 public:
  // Connects, and waits until every session is welcome.
  static absl::StatusOr<std::unique_ptr<Fleet>> Connect(
      const std::string& address, int workers, int channels,
      const WorkerPlan& plan);

  // The destructor ends all sessions in good order.
  ~Fleet();

  // Makes every slot of every worker ask for its first lease.
  void Demand();
  // Makes every worker send a heartbeat.
  void Heartbeat();

  // Waits until the results of `trials` trials are acknowledged, or until
  // `timeout` is over. Returns the error of the first stream that failed, if
  // one did.
  absl::Status WaitForTrials(int64_t trials, absl::Duration timeout);

  absl::Duration heartbeat_period() const;
  // These methods return the numbers of trials and of metric points whose
  // report is acknowledged.
  int64_t acknowledged_trials() const;
  int64_t acknowledged_points() const;
  // Returns the largest number of bytes of reports that gRPC had taken over and
  // the coordinator had not acknowledged.
  int64_t most_unacknowledged_bytes() const;
  // Returns the seconds from the start of each report's write to its
  // acknowledgement, sorted.
  std::vector<float> Latencies() const;

 private:
  friend class SimulatedWorker;

  explicit Fleet(const WorkerPlan& plan);
  void OnWelcome(const v1::Welcome& welcome);
  void OnTaken(int64_t bytes);
  void OnAcknowledged(int64_t trials, int64_t points, int64_t bytes,
                      absl::Duration latency);
  void OnEnd(const grpc::Status& status);

  const WorkerPlan plan_;
  std::vector<std::unique_ptr<v1::WorkerService::Stub>> stubs_;
  std::vector<std::unique_ptr<SimulatedWorker>> workers_;

  mutable absl::Mutex mutex_;
  int welcome_ ABSL_GUARDED_BY(mutex_) = 0;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t trials_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t points_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t unacknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t most_unacknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration heartbeat_period_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<float> latencies_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::bench

#endif  // FATHOM_TESTS_BENCH_LOAD_FLEET_H_
