#ifndef FATHOM_CLIENT_SCALE_SLURM_H_
#define FATHOM_CLIENT_SCALE_SLURM_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/scale/decision.h"

namespace fathom::client {

// What a job of Slurm is to do.
struct SlurmJobs {
  std::string name;                  // Of the jobs; tells ours from others.
  std::vector<std::string> worker;   // fathom-worker and its arguments.
  std::vector<std::string> options;  // For sbatch, as the user gave them.
  int64_t slots = 1;                 // Compute threads of a worker.
};

// Returns the script that sbatch is given: a worker that knows when its job
// ends, and stops in time.
std::string SlurmScript(const SlurmJobs& jobs);

// Talks to Slurm through its commands. `run` carries out a command, its input
// given, and returns its output; see RunProgram.
class Slurm {
 public:
  using Run = std::function<absl::StatusOr<std::string>(
      const std::vector<std::string>& words, const std::string& input)>;

  Slurm(SlurmJobs jobs, Run run)
      : jobs_(std::move(jobs)), run_(std::move(run)) {}

  // Lists our jobs that are not over, in the order of squeue, with one squeue.
  absl::StatusOr<std::vector<BatchJob>> List();
  // Submits one array of `count` jobs. Returns its number.
  absl::StatusOr<std::string> Submit(int64_t count);
  // Cancels those of the jobs that are still queued.
  absl::Status Cancel(const std::vector<std::string>& ids);

 private:
  const SlurmJobs jobs_;
  const Run run_;
};

// Reads the answer of squeue: lines of ID|STATE. A state that is not known
// counts as over. INTERNAL for a line that is no such line.
absl::StatusOr<std::vector<BatchJob>> ReadSqueue(absl::string_view text);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SCALE_SLURM_H_
