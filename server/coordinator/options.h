#ifndef FATHOM_SERVER_COORDINATOR_OPTIONS_H_
#define FATHOM_SERVER_COORDINATOR_OPTIONS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "server/limits.h"

namespace fathom::server {

// The settings of a Coordinator, which never change.
struct CoordinatorOptions {
  // How long a session may be silent before its leases expire.
  absl::Duration lease_ttl = absl::Seconds(30);
  // How long a lease of a living worker may make no progress before it is taken
  // back and its trials are given to others.
  absl::Duration stall_limit = absl::Hours(1);
  // How often workers send a heartbeat.
  absl::Duration heartbeat_period = absl::Seconds(2);
  // A trial ends as FAILED when it has lost its worker this often while the
  // worker held nothing else, provided that several hosts lost it, or a host
  // that had finished another trial since its last loss. Trials that are lost
  // together are first given out again in smaller and smaller groups.
  int max_lost_attempts = 3;
  // A trial that only one host has lost, which finishes nothing else but does
  // not lose other trials alone either, ends as FAILED after this many losses.
  int max_lost_on_one_host = 10;
  // Whether workers of an earlier coordinator may still be training. If not,
  // because they were threads of a process that has ended, their leases end at
  // once, and do not count as lost attempts of the trials.
  bool workers_outlive_coordinator = true;
  // Largest number of trials that are given out between two TakeEffects.
  int64_t max_trials_per_transaction = kMaxTrialsPerTransaction;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_OPTIONS_H_
