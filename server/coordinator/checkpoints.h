#ifndef FATHOM_SERVER_COORDINATOR_CHECKPOINTS_H_
#define FATHOM_SERVER_COORDINATOR_CHECKPOINTS_H_

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "fathom/v1/worker_service.pb.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/lease.h"
#include "server/coordinator/running_sweep.h"

// What the Coordinator decides about checkpoints. A checkpoint belongs to a
// trial, and stays with it while the trial goes from one attempt to the next.
// Each function takes time proportional to the length of the report.
namespace fathom::server {

// What the resumptions of a report have done.
struct Resumed {
  // The trials that have changed, and what they were before.
  std::vector<std::pair<LeasedTrial*, LeasedTrial>> before;
  // Trials whose worker goes on from a checkpoint that is not known here, so
  // that their curves cannot be completed.
  std::vector<LeasedTrial*> torn;
};

// Carries out the resumptions of the report on the trials of the lease: a trial
// that goes on from its checkpoint has the chunks that this counts, and one
// that cannot has no checkpoint any more. Leaves in the report those
// resumptions that had an effect.
Resumed Resume(Lease& lease, v1::Report& report);

// Records events about the resumptions that Resume has left in the report.
void NoteResumed(const RunningSweep& sweep, const v1::Report& report,
                 absl::Time now, Effects& effects);

// Carries out the checkpoints of the report, after its points: notes those that
// are announced, and makes those that were announced and now have the digest of
// a file that is on disk the checkpoints of their trials. Leaves only the
// latter in the report.
void TakeCheckpoints(const RunningSweep& sweep, Lease& lease,
                     v1::Report& report);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_CHECKPOINTS_H_
