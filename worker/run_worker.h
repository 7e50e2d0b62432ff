#ifndef FATHOM_WORKER_RUN_WORKER_H_
#define FATHOM_WORKER_RUN_WORKER_H_

#include <string>

#include "absl/time/time.h"
#include "proto/shared/credentials.h"
#include "worker/session/steady.h"
#include "worker/session/worker.h"

namespace fathom::worker {

// The exit codes, which --help explains.
constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kUnreachable = 3;
constexpr int kRefused = 4;
constexpr int kNotAllowed = 5;

// When a worker stops by itself.
struct Leaving {
  absl::Duration idle = absl::InfiniteDuration();  // Holding nothing.
  SteadyTime at = kSteadyNever;
};

// Works for the coordinator at `server` until a signal comes, `leaving` says
// so, or the session ends by itself; logs why. On a first signal the worker
// finishes what it can within `grace`, then hands back the rest. Returns the
// exit code of the program. To be called before any thread is started: signals
// are blocked for all of them.
int RunWorker(const std::string& server, const ClientCredentials& credentials,
              absl::Duration grace, const Leaving& leaving,
              Worker::Options options);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_RUN_WORKER_H_
