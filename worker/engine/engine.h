#ifndef FATHOM_WORKER_ENGINE_ENGINE_H_
#define FATHOM_WORKER_ENGINE_ENGINE_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/data/problem.h"
#include "worker/engine/optimum_source.h"

namespace fathom {

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
};

// Trains all `trials`, which are normalized, valid and share `problem`, as the
// lanes of one fused computation, to their ends or until the observer stops it.
// Where the data are small it is one such computation after the other, of as
// many lanes as share the cache (groups.h).
//
// A trial that cannot be run on this problem (say, an end-to-end matrix of the
// wrong size) ends as FAILED; the others are not affected. The optimum of a
// loss is asked of `optima` once, and only where a trial records excess_loss.
// The bits of a lane's points and result (seconds apart) depend on its trial
// and on the problem alone: not on the other lanes, their number or order.
//
// Cost per step: 4 m d k flops per lane for the data, the same for every depth,
// plus the factors of the lane. Thread-safe for different observers.
void RunBundle(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
               BundleObserver& observer, OptimumSource& optima);

// The same with optima that are found on the spot.
void RunBundle(const Problem& problem, absl::Span<const v1::TrialSpec> trials,
               BundleObserver& observer);

// Names everything besides spec and data that the bits of a result depend on,
// such as "fathom-k3/f64".
std::string NumericsString();

}  // namespace fathom

#endif  // FATHOM_WORKER_ENGINE_ENGINE_H_
