#ifndef FATHOM_SERVER_COORDINATOR_OPTIONS_H_
#define FATHOM_SERVER_COORDINATOR_OPTIONS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "server/limits.h"

namespace fathom::server {

// What a Coordinator is told once.
struct CoordinatorOptions {
  // How long a session may be silent before its leases expire.
  absl::Duration lease_ttl = absl::Seconds(30);
  // How long a lease of a living worker may stay at the same step until it is
  // taken back and given to others.
  absl::Duration stall_limit = absl::Hours(1);
  // How often workers give a sign of life.
  absl::Duration heartbeat_period = absl::Seconds(2);
  // A trial that loses its worker this often, with nothing else in the worker's
  // hands, on several hosts or on one that finishes other trials between, ends
  // as FAILED. More that is lost together is given out again in halves first.
  int max_lost_attempts = 3;
  // As long as only one host has lost it, which finishes nothing else, but does
  // not lose anything else either, a trial ends after so many.
  int max_lost_on_one_host = 10;
  // Whether workers of an earlier coordinator may still be training. If not
  // (their process is gone), their leases end at once and are not held against
  // the trials.
  bool workers_outlive_coordinator = true;
  // Most trials that are given out between two TakeEffects.
  int64_t max_trials_per_transaction = kMaxTrialsPerTransaction;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_OPTIONS_H_
