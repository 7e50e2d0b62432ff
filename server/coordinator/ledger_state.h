#ifndef FATHOM_SERVER_COORDINATOR_LEDGER_STATE_H_
#define FATHOM_SERVER_COORDINATOR_LEDGER_STATE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"

namespace fathom::server {

// What the coordinator must know of a ledger to continue with it.
struct LedgerState {
  // A trial that is leased or was returned.
  struct OpenTrial {
    int64_t trial_index = 0;
    int32_t attempt = 0;
    // Number of attempts since the last retry that lost their worker while it
    // held no other trial.
    int32_t lost_alone = 0;
    // 0 for a trial that is not suspected of killing workers. Otherwise the
    // largest number of suspects that a session which holds this trial may
    // hold, this one included; 1 means no other trial at all.
    int64_t bundle_limit = 0;
    int32_t next_chunk = 0;  // Number of stored chunks of its curve.
    // 0 for a trial that was returned and waits to be given out again.
    int64_t lease_id = 0;
    // The session that lost the last attempt of a returned trial; empty when
    // the attempt was not lost.
    std::string lost_session = {};
    // Null for none; see CheckpointPtr in pending_trials.h.
    std::shared_ptr<const v1::TrialCheckpoint> checkpoint = {};
  };
  // A sweep that has not ended, with its open trials.
  struct OpenSweep {
    v1::Sweep sweep;
    int64_t next_index = 0;
    std::vector<OpenTrial> open_trials;  // Leased or returned trials, by index.
  };
  // A lease, and the session and worker that hold it.
  struct OpenLease {
    int64_t lease_id = 0;
    int64_t sweep_id = 0;
    std::string session_id;
    std::string worker;
    absl::Time session_begun = absl::UnixEpoch();
  };
  std::vector<OpenSweep> running_sweeps;  // In the order of sweep_id.
  std::vector<OpenLease> leases;          // In the order of lease_id.
  int64_t next_sweep_id = 1;
  int64_t next_lease_id = 1;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_LEDGER_STATE_H_
