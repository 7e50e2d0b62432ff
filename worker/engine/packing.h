#ifndef FATHOM_WORKER_ENGINE_PACKING_H_
#define FATHOM_WORKER_ENGINE_PACKING_H_

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"
#include "worker/engine/optimum_source.h"

namespace fathom::worker {

// Everything that training a trial gives: all points in one chunk, and the end.
struct TrainedTrial {
  v1::TrialPoints points;
  v1::TrialResult result;
};

// Finds every optimum once. This class is thread-safe; callers wait for each
// other.
class SharedOptima final : public OptimumSource {
 public:
  absl::StatusOr<double> Find(const Problem& problem,
                              const v1::TrialSpec& trial,
                              const std::function<bool()>& keep_going) override;

 private:
  absl::Mutex mutex_;
  // By data and loss.
  std::map<std::string, absl::StatusOr<double>> found_ ABSL_GUARDED_BY(mutex_);
};

// What RunPacking tells about. Called on the threads of the slots, by one at a
// time.
class PackingObserver {
 public:
  virtual ~PackingObserver() = default;

  // Trial `trial` (position) was trained as one of the lanes of `bundle`.
  virtual void OnTrained(int bundle, int trial,
                         const TrainedTrial& trained) = 0;

  // Called between steps, a few times a second, with the updates taken so far
  // by all trials. Returning false stops the run.
  virtual bool KeepGoing(int64_t steps) = 0;
};

// Trains `trials`, as RunBundle takes them, in the bundles given by positions
// in `trials`, on `slots` threads that take the bundles in order. Where a trial
// is in no bundle it is not trained. False when it was stopped.
bool RunPacking(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
                absl::Span<const std::vector<int>> bundles, int slots,
                OptimumSource& optima, PackingObserver& observer);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_PACKING_H_
