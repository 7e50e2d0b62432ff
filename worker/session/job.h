#ifndef FATHOM_WORKER_SESSION_JOB_H_
#define FATHOM_WORKER_SESSION_JOB_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace fathom::worker {

// The job of a batch system that this process runs in.
struct Job {
  std::string id = {};   // "slurm:1234_7"; empty for none.
  int32_t restarts = 0;  // How often the batch system has started it again.
  // When the batch system ends the job; never where it does not say.
  absl::Time end = absl::InfiniteFuture();
};

// Reads what Slurm says in the environment: SLURM_JOB_ID or, for a task of an
// array, SLURM_ARRAY_JOB_ID and SLURM_ARRAY_TASK_ID, SLURM_RESTART_COUNT, and
// SLURM_JOB_END_TIME, which newer versions set. What makes no sense is left
// out, as these variables are not ours. `variable` returns the value of a
// variable, or null.
Job JobOfEnvironment(
    const std::function<const char*(const char* name)>& variable);

// Reads a moment as --deadline names it: "+90m" for 90 minutes after `now`,
// the seconds since 1970, or "2026-11-30T18:00:00", with a zone or in the local
// time, as squeue prints it. INVALID_ARGUMENT for anything else.
absl::StatusOr<absl::Time> ReadDeadline(absl::string_view text, absl::Time now,
                                        absl::TimeZone local);

// Returns how much before its end a worker should begin to stop, in addition to
// the time that stopping takes: a part of `left` that follows from the id of
// the job, at most a twentieth and at most half a minute. Workers that were
// started together thereby do not hand over together.
absl::Duration Stagger(absl::string_view job_id, absl::Duration left);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_JOB_H_
