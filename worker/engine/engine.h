#ifndef FATHOM_WORKER_ENGINE_ENGINE_H_
#define FATHOM_WORKER_ENGINE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"

// What an engine can be asked, and what it asks of those who run it.
namespace fathom::worker {

// Shape of the data of a trial.
struct DataShape {
  int64_t rows = 0;     // m; for a matrix the number of known entries.
  int64_t columns = 0;  // d
  int64_t outputs = 0;  // k
};

DataShape ShapeOf(const Problem& problem);

// Receives what happens while a bundle trains. Called on the thread that runs
// the bundle.
class BundleObserver {
 public:
  virtual ~BundleObserver() = default;

  // Lane `lane` (position in the bundle) has been measured before update
  // `step`. `values` follow the trial's record.metrics. Steps of a lane ascend.
  virtual void OnPoint(int lane, int64_t step,
                       absl::Span<const double> values) = 0;

  // Lane `lane` has ended; its last point was delivered before. `result` has
  // everything but trial_index and attempt. Called once per lane, unless the
  // run is stopped.
  virtual void OnFinished(int lane, v1::TrialResult result) = 0;

  // Called between steps, with the updates taken so far summed over the lanes
  // (those that an ended lane no longer needs count as taken). Returning false
  // stops the run.
  virtual bool KeepGoing(int64_t steps) = 0;

  // Returns the least value of the loss of `trial` on its data, with the loss
  // factor: what `solve` finds, in up to minutes, or the same from where it is
  // known already. By itself it solves every time. Errors are those of `solve`;
  // CANCELLED once `keep_going` has returned false.
  virtual absl::StatusOr<double> FindOptimum(
      const v1::TrialSpec& trial,
      absl::FunctionRef<absl::StatusOr<v1::Optimum>()> solve,
      const std::function<bool()>& keep_going);
};

// Trains the trials of one kind of model. Knows of no other engine, and nothing
// of leases.
//
// Lives as long as the program. Thread-safe for different observers.
class Engine {
 public:
  virtual ~Engine() = default;

  // Unique among the engines, and short: "linear".
  virtual std::string name() const = 0;

  // Names everything besides spec and data that the bits of its results depend
  // on, such as "fathom-k3/f64". Raised when those bits change; of no concern
  // to other engines.
  virtual std::string numerics() const = 0;

  // Whether it is the engine for a normalized, valid trial of this kind. Looks
  // at the model.
  virtual bool Trains(const v1::TrialSpec& trial) const = 0;

  // Whether it measures `metric` in the trials that it trains.
  virtual bool Measures(v1::Metric metric) const = 0;

  // Returns about how much work a step of a trial is, in flops: what takes
  // longer than its flops counts as the flops that the data pass does
  // meanwhile. The mean over all steps, those that are recorded included. A
  // prior for sizing work, right within a factor of three or so where it
  // matters; nothing that is computed depends on it.
  virtual double StepFlops(const v1::TrialSpec& trial,
                           const DataShape& shape) const = 0;

  // The same of a whole trial, whose last step is measured without an update.
  double TrialFlops(const v1::TrialSpec& trial, const DataShape& shape) const {
    return static_cast<double>(trial.steps() + 1) * StepFlops(trial, shape);
  }

  // Returns how many bytes a lane takes besides the data, from above.
  virtual double LaneBytes(const v1::TrialSpec& trial,
                           const DataShape& shape) const = 0;

  // Trains all `trials`, which it knows and which share `problem`, as the lanes
  // of a bundle, to their ends or until the observer stops it.
  //
  // A trial that cannot be run on this problem (say, a start of the wrong size)
  // ends as FAILED; the others are not affected. The bits of a lane's points
  // and result (seconds apart) depend on its trial and on the problem alone:
  // not on the other lanes, their number or order. May throw bad_alloc.
  virtual void Run(const Problem& problem,
                   absl::Span<const v1::TrialSpec> trials,
                   BundleObserver& observer) const = 0;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_ENGINE_H_
