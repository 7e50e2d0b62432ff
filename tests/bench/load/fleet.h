#ifndef FATHOM_TESTS_BENCH_LOAD_FLEET_H_
#define FATHOM_TESTS_BENCH_LOAD_FLEET_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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
  // How long it holds a lease before it reports on it. Leases are held for
  // between half of that and all, so that workers do not act in step.
  absl::Duration work = absl::ZeroDuration();
  // Number of metric points of each trial. They come in chunks of `chunk`
  // points of `metrics` metrics, and a message holds the chunks of
  // `points_per_message` points.
  int64_t points = 0;
  int chunk = 100;
  int metrics = 1;
  int64_t points_per_message = 10'000;
  // Whether heartbeats tell how the worker does.
  bool telemetry = false;
  // Whether a session goes on after its connection broke, as fathom-worker
  // does: with the leases that it holds, its unacknowledged reports, and the
  // waits between attempts that the program has.
  bool reconnect = false;
};

class SimulatedWorker;

// Simulated workers that speak the protocol of worker_service.proto and "train"
// trials in no time, or in the time of the plan. Each is a session with a
// stream of its own. A worker reports what it leased, and asks for the next
// lease without waiting for the acknowledgement, as a slot of fathom-worker
// does. `channels` connections carry the streams.
//
// This class is thread-safe.
class Fleet {
 public:
  // Connects, and waits until every session is welcome. The names and sessions
  // are numbered from `first` on.
  static absl::StatusOr<std::unique_ptr<Fleet>> Connect(
      const std::string& address, int workers, int channels,
      const WorkerPlan& plan, int first = 0);

  // The destructor ends all sessions in good order.
  ~Fleet();

  // Makes every slot of every worker ask for its first lease.
  void Demand();
  // Makes every worker send a heartbeat.
  void Heartbeat();
  // Ends every stream in the midst, as a machine does that dies: nobody says
  // Leaving, and what was held stays held. Returns when all have ended; the
  // destructor has nothing left to do.
  void Cut();

  // Waits until the results of `trials` trials are acknowledged, or until
  // `timeout` is over. Returns the error of the first stream that failed, if
  // one did and the plan does not reconnect.
  absl::Status WaitForTrials(int64_t trials, absl::Duration timeout);
  // Likewise until the coordinator has said Welcome `welcomes` times in all, or
  // until every worker holds as many leases as it has slots.
  absl::Status WaitForWelcomes(int64_t welcomes, absl::Duration timeout);
  absl::Status WaitForLeases(absl::Duration timeout);

  absl::Duration heartbeat_period() const;
  // What has happened so far.
  struct Counts {
    int64_t welcomes = 0;
    int64_t trials = 0;   // Whose report is acknowledged.
    int64_t points = 0;   // Likewise.
    int64_t leases = 0;   // Held now.
    int64_t dropped = 0;  // Leases that a session could not go on with.
    int64_t resent = 0;   // Reports.
  };
  Counts counts() const;
  // Returns the largest number of bytes of reports that gRPC had taken over and
  // the coordinator had not acknowledged.
  int64_t most_unacknowledged_bytes() const;
  // Returns the seconds from the start of each report's write to its
  // acknowledgement, sorted, of those since the last call.
  std::vector<float> TakeLatencies();

 private:
  friend class SimulatedWorker;

  explicit Fleet(const WorkerPlan& plan);
  // Calls `act` at `when` on the thread of the fleet.
  void Schedule(absl::Time when, std::function<void()> act);
  void RunSchedule();
  absl::Status WaitFor(const std::function<bool(const Counts&)>& done,
                       absl::Duration timeout, absl::string_view what);
  void OnWelcome(const v1::Welcome& welcome);
  void OnLeases(int64_t taken, int64_t dropped);
  void OnTaken(int64_t bytes);
  void OnResent(int64_t reports);
  void OnAcknowledged(int64_t trials, int64_t points, int64_t bytes,
                      absl::Duration latency);
  // A session has ended for good.
  void OnEnd(const grpc::Status& status);

  const WorkerPlan plan_;
  std::vector<std::unique_ptr<v1::WorkerService::Stub>> stubs_;
  std::vector<std::unique_ptr<SimulatedWorker>> workers_;

  mutable absl::Mutex mutex_;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t unacknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t most_unacknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration heartbeat_period_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<float> latencies_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex schedule_mutex_;
  bool ended_ ABSL_GUARDED_BY(schedule_mutex_) = false;
  std::multimap<absl::Time, std::function<void()>> schedule_
      ABSL_GUARDED_BY(schedule_mutex_);
  std::thread scheduler_;
};

}  // namespace fathom::bench

#endif  // FATHOM_TESTS_BENCH_LOAD_FLEET_H_
