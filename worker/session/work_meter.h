#ifndef FATHOM_WORKER_SESSION_WORK_METER_H_
#define FATHOM_WORKER_SESSION_WORK_METER_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "fathom/v1/telemetry.pb.h"
#include "proto/telemetry/counters.h"
#include "worker/session/steady.h"

namespace fathom::worker {

// Measures how a worker does, for its heartbeats. Nobody holds the mutex for
// longer than a sum over the slots takes, and training itself never takes it.
//
// This class is thread-safe.
class WorkMeter {
 public:
  // A bundle in training: its slot is busy from the constructor to the
  // destructor. Used by one thread.
  class Bundle {
   public:
    // `flops_per_step` is the work of one update, as the mean over the lanes.
    Bundle(WorkMeter* meter, double flops_per_step);
    ~Bundle();
    Bundle(const Bundle&) = delete;
    Bundle& operator=(const Bundle&) = delete;

    // Notes that so many updates have been taken, summed over the lanes. A
    // smaller number than before has no effect.
    void NoteSteps(int64_t steps) {
      if (steps > steps_.load(std::memory_order_relaxed)) {
        steps_.store(steps, std::memory_order_relaxed);
      }
    }
    // Notes how much work the updates were, once that is known.
    void NoteFlops(double flops) { flops_ = flops; }

   private:
    friend class WorkMeter;
    double FlopsSoFar() const;

    WorkMeter* const meter_;
    const double flops_per_step_;
    const SteadyTime start_;
    std::atomic<int64_t> steps_ = 0;
    double flops_ = 0;  // Read by the destructor only.
  };

  // Notes the time from sending a report to its acknowledgement.
  void NoteAck(absl::Duration time);
  // Notes how many reports have been sent and not been acknowledged.
  void NoteUnacknowledged(int reports) {
    unacknowledged_.store(reports, std::memory_order_relaxed);
  }
  // Notes that the stream was opened again.
  void NoteReconnection();
  // Notes what a thread of this machine reaches at best.
  void NotePeak(double flops_per_second);

  // Returns everything so far. Its counters never fall.
  v1::WorkerTelemetry Read();

 private:
  absl::Mutex mutex_;
  std::set<const Bundle*> bundles_ ABSL_GUARDED_BY(mutex_);
  // Of the bundles that have ended.
  absl::Duration busy_ ABSL_GUARDED_BY(mutex_);
  int64_t steps_ ABSL_GUARDED_BY(mutex_) = 0;
  double flops_ ABSL_GUARDED_BY(mutex_) = 0;
  double peak_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t reconnections_ ABSL_GUARDED_BY(mutex_) = 0;
  OneWriterHistogram<kSecondsBounds.size()> acks_ ABSL_GUARDED_BY(mutex_){
      kSecondsBounds};
  std::atomic<int32_t> unacknowledged_ = 0;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_WORK_METER_H_
