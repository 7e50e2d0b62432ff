#ifndef FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_
#define FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "worker/engine/engine.h"
#include "worker/engine/engines.h"
#include "worker/session/mailbox.h"
#include "worker/session/problem_cache.h"

namespace fathom::worker {

// What a lease was, once it is finished.
struct LeaseWork {
  int64_t sweep_id = 0;
  int64_t end_index = 0;  // After its last trial.
  DataShape shape;        // Of its data; of one of them if there are several.
  double flops = 0;       // By StepFlops, for the steps that were taken.
  // Why this worker cannot run the sweep, though another may; empty: it can.
  std::string declined;
};

// Runs the trials of `held` to their ends, or until it is dropped, and reports
// points and results through `mailbox`. Trials that share their data and their
// engine, one of `engines`, are trained together, as many at a time as have
// room in kBundleBytes. A trial ends as FAILED when its engine says so, or its
// data cannot be prepared by any worker. What only this worker cannot do (it
// does not know the spec or has no engine for it, its memory is full, the data
// cannot be had) is declined: see LeaseWork. Returns whether every trial was
// reported, and what was done in `work`.
//
// Tries again for as long as the coordinator cannot be reached.
bool RunLease(HeldLease& held, EngineTable engines, ProblemCache& problems,
              Mailbox& mailbox, LeaseWork& work);

// Most memory of the lanes of one bundle (LaneBytes), unless a single lane
// takes more.
inline constexpr double kBundleBytes = 512 << 20;

// Cuts trials, of which trial i takes bytes[i], into runs of neighbours of at
// most `most` bytes together, or of one trial. Returns where each run ends.
std::vector<size_t> CutByMemory(const std::vector<double>& bytes, double most);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_
