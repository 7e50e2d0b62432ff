#ifndef FATHOM_WORKER_VERIFY_PACKING_H_
#define FATHOM_WORKER_VERIFY_PACKING_H_

#include <array>
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
#include "proto/sweep/point_kinds.h"
#include "worker/data/problem.h"
#include "worker/engine/engine.h"
#include "worker/engine/engines.h"

// Trains trials again in other bundles than before. `fathom verify` compares
// the results with the ledger.
namespace fathom::worker {

// The outcome of training a trial: all of its points, in one chunk of each
// PointKind, and its result. A trial that has no points of a kind has a chunk
// without metrics.
struct TrainedTrial {
  std::array<v1::TrialPoints, kPointKinds> points;
  v1::TrialResult result;
};

// Keeps every optimum that was found. This class is thread-safe; while one
// caller solves, the others wait.
class SharedOptima {
 public:
  // Returns the optimum of the loss of `trial` on its data. `solve` finds it
  // when an engine of these numerics asks for the first time. Errors are those
  // of `solve`, and are kept as well, but for CANCELLED: a search that was
  // cancelled begins anew.
  absl::StatusOr<double> Find(
      const std::string& numerics, const v1::TrialSpec& trial,
      absl::FunctionRef<absl::StatusOr<v1::Optimum>()> solve);

 private:
  absl::Mutex mutex_;
  // Optima by numerics, data and loss.
  std::map<std::string, absl::StatusOr<double>> found_ ABSL_GUARDED_BY(mutex_);
};

// The trials of a bundle, as positions in a list of trials, and the engine that
// trains them.
struct PackedBundle {
  const Engine* engine = nullptr;
  std::vector<int> trials;
};

// Makes packed bundles of `bundles`, which are positions in `trials`, in their
// order. A bundle with trials of several engines is split. A trial is left out
// when it would bring the work of the trials taken so far above `most_flops`.
// FAILED_PRECONDITION when no engine of `engines` trains a trial.
absl::StatusOr<std::vector<PackedBundle>> PackBundles(
    EngineTable engines, absl::Span<const v1::TrialSpec> trials,
    absl::Span<const std::vector<int>> bundles, const DataShape& shape,
    double most_flops);

// Receives what happens in RunPacking. The methods are called on the threads of
// the slots, by one thread at a time.
class PackingObserver {
 public:
  virtual ~PackingObserver() = default;

  // Says that the trial at position `trial` was trained as a lane of bundle
  // `bundle`.
  virtual void OnTrained(int bundle, int trial,
                         const TrainedTrial& trained) = 0;

  // Asks whether the run is to go on, between steps and some times a second for
  // each slot. `steps` is the number of updates that all trials have taken so
  // far. The run stops when this returns false.
  virtual bool KeepGoing(int64_t steps) = 0;
};

// Trains `trials` as Engine::Run does, in `bundles`, on `slots` threads that
// take the bundles in order. Trials that are in no bundle are not trained.
// Returns false when the observer stopped the run.
bool RunPacking(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
                absl::Span<const PackedBundle> bundles, int slots,
                SharedOptima& optima, PackingObserver& observer);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_VERIFY_PACKING_H_
