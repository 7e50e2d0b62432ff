#ifndef FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_
#define FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_

#include "worker/session/mailbox.h"
#include "worker/session/problem_cache.h"

namespace fathom {

// Runs the trials of `held` to their ends, or until it is dropped, and reports
// points and results through `mailbox`. Trials that share their data are
// trained together. A trial whose data cannot be had ends as FAILED. Returns
// whether every trial was reported.
//
// Tries again for as long as the coordinator cannot be reached.
bool RunLease(HeldLease& held, ProblemCache& problems, Mailbox& mailbox);

}  // namespace fathom

#endif  // FATHOM_WORKER_SESSION_BUNDLE_RUNNER_H_
