#ifndef FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_
#define FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "worker/engine/engine.h"
#include "worker/engine/engines.h"
#include "worker/session/checkpoints.h"
#include "worker/session/mailbox.h"
#include "worker/session/problem_cache.h"

namespace fathom::worker {

// Describes the work of a lease once it has ended.
struct LeaseWork {
  int64_t sweep_id = 0;
  int64_t end_index = 0;  // Index after its last trial.
  DataShape shape;        // Shape of the data trained on last.
  double flops = 0;       // Work done, as StepFlops estimates it.
  // Why this worker, unlike perhaps others, cannot run the sweep; empty when it
  // can.
  std::string declined;
};

// What the slots of a worker share.
struct LeaseTools {
  EngineTable engines;
  ProblemCache& problems;
  Checkpoints& checkpoints;
  Mailbox& mailbox;
};

// Runs the trials of the lease `held` to their ends, or until it is to end
// before, and reports points and results through the mailbox. Trials that share
// their data and their engine, one of those of the worker, train together, as
// many at a time as fit into kBundleBytes. Those that have a checkpoint go on
// from there, if that can be used.
//
// A trial ends as FAILED when its engine says so, or when no worker can prepare
// its data. The lease is declined (LeaseWork::declined) when only this worker
// is unable to run it: it does not understand the spec, has no engine for it,
// has too little memory or cannot get the data. As long as the coordinator
// cannot be reached, fetching the spec, data and checkpoints is tried again and
// again. When the lease ends because the worker stops, its trials are written
// down, and their checkpoints are reported before this returns.
//
// Returns whether every trial was reported, and describes the work in `work`.
bool RunLease(HeldLease& held, const LeaseTools& tools, LeaseWork& work);

// The most bytes that the lanes of a bundle (LaneBytes) and the states that
// they go on from take together, unless a single lane takes more.
inline constexpr double kBundleBytes = 512 << 20;

// Cuts a list of trials, of which trial i takes bytes[i], into runs of
// neighbours that take at most `most` bytes together; a trial that takes more
// is a run of its own. Returns the index at which each run ends.
std::vector<size_t> CutByMemory(const std::vector<double>& bytes, double most);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_
