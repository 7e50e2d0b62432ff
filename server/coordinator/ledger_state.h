#ifndef FATHOM_SERVER_COORDINATOR_LEDGER_STATE_H_
#define FATHOM_SERVER_COORDINATOR_LEDGER_STATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "fathom/v1/sweep_service.pb.h"

namespace fathom::server {

// What the coordinator must know of a ledger to go on with it.
struct LedgerState {
  struct OpenTrial {
    int64_t trial_index = 0;
    int32_t attempt = 0;
    int32_t lost_alone = 0;    // Attempts that lost their worker while it held
                               // no other trial, since the last retry.
    int64_t bundle_limit = 0;  // 0: not suspected of killing workers. Else most
                               // suspects that a session may hold, itself
                               // included; 1: no other trial at all.
    int32_t next_chunk = 0;    // Chunks of its curve that are there.
    int64_t lease_id = 0;      // 0: returned, waits to be given out again.
    std::string lost_session = {};  // Of a returned trial whose last attempt
                                    // was lost: who lost it.
  };
  struct OpenSweep {
    v1::Sweep sweep;
    int64_t next_index = 0;
    std::vector<OpenTrial> open_trials;  // Leased or returned, by index.
  };
  struct OpenLease {
    int64_t lease_id = 0;
    int64_t sweep_id = 0;
    std::string session_id;
    std::string worker;
  };
  std::vector<OpenSweep> running_sweeps;  // By sweep_id.
  std::vector<OpenLease> leases;          // By lease_id.
  int64_t next_sweep_id = 1;
  int64_t next_lease_id = 1;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_LEDGER_STATE_H_
