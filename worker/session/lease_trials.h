#ifndef FATHOM_WORKER_SESSION_LEASE_TRIALS_H_
#define FATHOM_WORKER_SESSION_LEASE_TRIALS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "proto/sweep/space.h"
#include "worker/engine/engine.h"
#include "worker/engine/engines.h"

namespace fathom::worker {

// A trial of a lease.
struct LeasedTrial {
  int64_t index = 0;
  int32_t attempt = 0;
  v1::TrialSpec spec;
  const Engine* engine = nullptr;
  std::string numerics;  // Of its result; empty where they are the session's.
  // From which it can go on, as the lease says; null when it is to begin.
  const v1::TrialCheckpoint* checkpoint = nullptr;
};

// Groups the trials of a lease by their data and engine. The lease must outlive
// them. FAILED_PRECONDITION when a trial has no engine.
absl::StatusOr<std::vector<std::vector<LeasedTrial>>> GroupTrials(
    const v1::Lease& lease, const Space& space, EngineTable engines);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_LEASE_TRIALS_H_
