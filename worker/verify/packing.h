#ifndef FATHOM_WORKER_VERIFY_PACKING_H_
#define FATHOM_WORKER_VERIFY_PACKING_H_

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
#include "worker/engine/engine.h"
#include "worker/engine/engines.h"

// Trains trials again in other bundles than before: what `fathom verify`
// compares with the ledger.
namespace fathom::worker {

// Everything that training a trial gives: all points in one chunk, and the end.
struct TrainedTrial {
  v1::TrialPoints points;
  v1::TrialResult result;
};

// Keeps every optimum that was found. This class is thread-safe; callers wait
// for each other.
class SharedOptima {
 public:
  // Returns the optimum of the loss of `trial` on its data, which `solve` finds
  // the first time that an engine of these numerics asks. A search that was
  // cancelled begins anew.
  absl::StatusOr<double> Find(
      const std::string& numerics, const v1::TrialSpec& trial,
      absl::FunctionRef<absl::StatusOr<v1::Optimum>()> solve);

 private:
  absl::Mutex mutex_;
  // By numerics, data and loss.
  std::map<std::string, absl::StatusOr<double>> found_ ABSL_GUARDED_BY(mutex_);
};

// Trials that are trained together, as positions in a list of trials, and the
// engine that does so.
struct PackedBundle {
  const Engine* engine = nullptr;
  std::vector<int> trials;
};

// Makes bundles of those given by positions in `trials`, in their order: those
// of several engines are cut, and trials are left out that would, with those
// before them, be more work than `most_flops`. FAILED_PRECONDITION when none of
// `engines` trains one of them.
absl::StatusOr<std::vector<PackedBundle>> PackBundles(
    EngineTable engines, absl::Span<const v1::TrialSpec> trials,
    absl::Span<const std::vector<int>> bundles, const DataShape& shape,
    double most_flops);

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

// Trains `trials`, as Engine::Run takes them, in `bundles` of positions in
// `trials`, on `slots` threads that take the bundles in order. Where a trial is
// in no bundle it is not trained. False when it was stopped.
bool RunPacking(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
                absl::Span<const PackedBundle> bundles, int slots,
                SharedOptima& optima, PackingObserver& observer);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_VERIFY_PACKING_H_
