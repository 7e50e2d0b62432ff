#ifndef FATHOM_CLIENT_SCALE_DECISION_H_
#define FATHOM_CLIENT_SCALE_DECISION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "fathom/v1/scaling.pb.h"

namespace fathom::client {

// A job of the batch system, one for each task of an array.
struct BatchJob {
  enum class State {
    kQueued,   // Waits for a place.
    kRunning,  // Has one.
    kOver,     // Anything else, and any word that we do not know.
  };
  std::string id;  // As the batch system calls it: "1234_7".
  State state = State::kOver;
};

// How many workers there may be, and what each of them is.
struct ScaleLimits {
  int64_t min = 0;      // Workers that are there even with nothing to do.
  int64_t max = 0;      // Workers at most.
  int64_t backlog = 8;  // Jobs that may wait in the queue at a time.
  int64_t slots = 1;    // Compute threads of a worker.
  absl::Duration target = absl::Minutes(10);  // In which all is to be done.
  // How long a job that runs may take until its worker has said hello.
  absl::Duration start_limit = absl::Minutes(2);
  // The number of such jobs in a row after which no more are started.
  int64_t most_failed_starts = 3;
};

// What is remembered from one decision to the next. Everything else is asked
// for anew each time; who loses this only waits a little less.
struct ScaleMemory {
  // Jobs that run and have not said hello, with when that was first seen.
  struct Starting {
    std::string id;
    absl::Time since;
  };
  std::vector<Starting> starting = {};
  // Jobs whose worker has said hello, of those that still run.
  std::vector<std::string> heard = {};
  // Starts in a row that never said hello.
  int64_t failed_starts = 0;
  // No submission before this time, after one that the batch system refused.
  absl::Time not_before = absl::InfinitePast();
  int64_t refusals = 0;  // In a row.
};

// What to do now.
struct ScaleDecision {
  int64_t submit = 0;               // Jobs to submit.
  std::vector<std::string> cancel;  // Queued jobs to cancel.
  bool gave_up = false;             // Too many starts have failed.
  std::string reason;               // For people, whatever was decided.
  int64_t wanted = 0;               // Workers that there should be.
};

// Decides how many jobs to submit, or which queued ones to cancel. Running jobs
// are never cancelled: their workers leave by themselves when there is nothing
// to do. The truth about workers is the coordinator's `load`: a job counts as a
// worker when it has said hello, and as about to be one for `start_limit` after
// it began to run. Workers that somebody else has started count, too.
//
// Updates `memory`. A pure function otherwise: the same state gives the same
// decision.
ScaleDecision Decide(const v1::Load& load, const std::vector<BatchJob>& jobs,
                     const ScaleLimits& limits, absl::Time now,
                     ScaleMemory& memory);

// Notes that the batch system refused a submission, or took one. After a
// refusal the next one waits for 15 s, and twice as long after each further
// one, up to 15 minutes.
void NoteSubmission(bool accepted, absl::Time now, ScaleMemory& memory);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_SCALE_DECISION_H_
