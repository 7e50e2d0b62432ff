#ifndef FATHOM_WORKER_ENGINE_ENGINE_H_
#define FATHOM_WORKER_ENGINE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"

// The interface of engines, which train bundles, and of the observers that
// those who run an engine give to it.
namespace fathom::worker {

// The shape of the data of a trial.
struct DataShape {
  int64_t rows = 0;  // Number of samples (m); of a matrix, its known entries.
  int64_t columns = 0;  // Number of features (d).
  int64_t outputs = 0;  // Number of outputs (k).
};

// Returns the shape of the data of `problem`.
DataShape ShapeOf(const Problem& problem);

// The most bytes of a state (BundleObserver::OnCheckpoint).
inline constexpr int64_t kMaxStateBytes = int64_t{1} << 30;

// Receives what happens while an engine trains a bundle. The engine calls all
// methods on the thread that runs the bundle.
class BundleObserver {
 public:
  virtual ~BundleObserver() = default;

  // Says that the engine has measured the lane at position `lane` of the
  // bundle, before update `step`. `values` holds one number per metric that is
  // recorded (PointKind), in the order of the trial's record.metrics. The steps
  // of a lane come in ascending order.
  virtual void OnPoint(int lane, int64_t step,
                       absl::Span<const double> values) = 0;

  // Says the same of the metrics that are evaluated at steps of their own
  // (PointKind); of a step that has both kinds of points, after OnPoint. This
  // default implementation does nothing.
  virtual void OnEvaluated(int lane, int64_t step,
                           absl::Span<const double> values) {
    static_cast<void>(lane);
    static_cast<void>(step);
    static_cast<void>(values);
  }

  // Says that the lane at position `lane` of the bundle has ended, after all of
  // its points have been delivered. `result` is complete but for trial_index
  // and attempt. Called exactly once per lane, unless the observer stops the
  // run before.
  virtual void OnFinished(int lane, v1::TrialResult result) = 0;

  // Asks whether the run is to go on; the engine asks between steps. `steps` is
  // the number of updates taken so far, summed over the lanes; the updates that
  // a lane no longer needs because it has ended early count as taken, and so
  // do, from OnResumed on, those that a lane had taken in the state that it
  // goes on from. The run stops when this returns false.
  virtual bool KeepGoing(int64_t steps) = 0;

  // The next five methods are about checkpoints: the states of lanes between
  // two steps, from which another run of the same trials on the same problem
  // goes on to the same bits. The default implementations keep none.
  //
  // Returns the state that the lane is to go on from, as OnCheckpoint got it
  // from the same engine, and possibly damaged since; null for a lane that
  // begins at step 0. The engine asks once per lane that it can create, and
  // does not use the state after OnResumed or OnUnusable.
  virtual const std::string* StateOf(int lane) {
    static_cast<void>(lane);
    return nullptr;
  }

  // Says that a lane that has a state goes on from it, at `step`; or that the
  // lane begins at step 0 because the state is unusable, and why. One of the
  // two is called for each such lane, before the lane's first point.
  virtual void OnResumed(int lane, int64_t step) {
    static_cast<void>(lane);
    static_cast<void>(step);
  }
  virtual void OnUnusable(int lane, const absl::Status& why) {
    static_cast<void>(lane);
    static_cast<void>(why);
  }

  // Asks whether the lanes that are in training are to be written down now. The
  // engine asks between steps, once for all of these lanes, before KeepGoing,
  // and once more when KeepGoing has stopped the run, be it in the midst of a
  // step. When this returns true, it calls OnCheckpoint for each of these
  // lanes, unless its state has more than kMaxStateBytes: after all points of
  // the steps before `step` and before any of `step` or later.
  virtual bool WantsCheckpoints() { return false; }
  virtual void OnCheckpoint(int lane, int64_t step, std::string state) {
    static_cast<void>(lane);
    static_cast<void>(step);
    static_cast<void>(state);
  }

  // Returns the least value that the loss of `trial`, with its factor, takes on
  // its data. `solve` finds this value and can take minutes; an observer that
  // knows the value already need not call it. This default implementation
  // always calls `solve`. Errors are those of `solve`; CANCELLED once
  // `keep_going` has returned false.
  virtual absl::StatusOr<double> FindOptimum(
      const v1::TrialSpec& trial,
      absl::FunctionRef<absl::StatusOr<v1::Optimum>()> solve,
      const std::function<bool()>& keep_going);
};

// An engine trains the trials of one kind of model. An engine knows nothing of
// other engines and nothing of leases.
//
// Engines live as long as the program. They are thread-safe as long as every
// call has an observer of its own.
class Engine {
 public:
  virtual ~Engine() = default;

  // Returns the short name of the engine, such as "linear". No two engines have
  // the same name.
  virtual std::string name() const = 0;

  // Returns a string, such as "fathom-k3/f64", that names everything besides
  // spec and data on which the bits of this engine's results depend. A change
  // of those bits raises the version in this string; the strings of other
  // engines stay as they are.
  virtual std::string numerics() const = 0;

  // Whether this engine trains trials with the model of `trial`, which is
  // normalized and valid. Only the model counts.
  virtual bool Trains(const v1::TrialSpec& trial) const = 0;

  // Whether this engine can measure `metric` in the trials that it trains.
  virtual bool Measures(v1::Metric metric) const = 0;

  // Returns about how much work a step of `trial` is, in flops, as the mean
  // over all steps, recorded ones included. Work that takes longer than its
  // flops suggest counts as the flops that the data pass does in the same time.
  // Work is sized and shared out by this estimate, which is right within a
  // factor of about three where it matters; no computed number depends on it.
  virtual double StepFlops(const v1::TrialSpec& trial,
                           const DataShape& shape) const = 0;

  // Returns about how much work the whole trial is, in flops. It has one step
  // more than updates, because the last step is measured without an update.
  double TrialFlops(const v1::TrialSpec& trial, const DataShape& shape) const {
    return static_cast<double>(trial.steps() + 1) * StepFlops(trial, shape);
  }

  // Returns an upper estimate of the bytes that a lane takes, besides the data:
  // in training, and for a state of it that is written or read.
  virtual double LaneBytes(const v1::TrialSpec& trial,
                           const DataShape& shape) const = 0;

  // Trains all `trials` as the lanes of one bundle until each of them has ended
  // or the observer stops the run. The engine must train each of the trials
  // (Trains), and all of them share `problem`. Lanes that go on from states may
  // do so at different steps.
  //
  // A trial that cannot run on this problem (for example because its start has
  // the wrong size) ends as FAILED; the other trials go on. The bits of a
  // lane's points and result, its seconds apart, depend on its trial and on the
  // problem alone: not on the other lanes, on their number or on their order.
  // May throw bad_alloc.
  virtual void Run(const Problem& problem,
                   absl::Span<const v1::TrialSpec> trials,
                   BundleObserver& observer) const = 0;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_ENGINE_ENGINE_H_
