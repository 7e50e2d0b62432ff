#ifndef FATHOM_CLIENT_ANALYSIS_WHY_SERVICE_LOOK_H_
#define FATHOM_CLIENT_ANALYSIS_WHY_SERVICE_LOOK_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/telemetry.pb.h"

namespace fathom::client {

// How the disk of a coordinator and the network to its workers do, as means
// since these started. What they do not tell is unset.
struct ServiceLook {
  // The ledger: seconds that a commit takes, the share of all time that goes
  // into commits, and the free bytes of its disk.
  std::optional<double> commit_seconds = {};
  std::optional<double> commit_share = {};
  std::optional<double> free_bytes = {};
  // The workers: seconds until a report is acknowledged, reports under way, and
  // the share of the time of all slots that goes into training.
  std::optional<double> ack_seconds = {};
  int64_t unacknowledged = 0;
  std::optional<double> busy_share = {};
};

// Finds what measurements say, of which a coordinator may have none. `now` is
// in seconds since 1970, by the clock of the coordinator. Measurements that
// cannot be are left out: they come from outside.
ServiceLook LookAtService(const v1::Telemetry& telemetry,
                          const std::vector<v1::Worker>& workers, double now);

// Returns whether commits take most of the time of the coordinator.
bool DiskLimits(const ServiceLook& look);

// Returns whether slots stand still while reports are on their way for longer
// than a trial takes to train, in `seconds_per_trial`.
bool NetworkLimits(const ServiceLook& look,
                   std::optional<double> seconds_per_trial);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_WHY_SERVICE_LOOK_H_
