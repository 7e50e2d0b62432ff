#include <algorithm>

#include "server/coordinator/coordinator.h"

namespace fathom::server {

Coordinator::Look Coordinator::LookAt(absl::Time now) const {
  Look look;
  for (const auto& [id, sweep] : sweeps_) {
    look.fractions[id] = sweep.steps_done;
  }
  for (const auto& [id, lease] : leases_) {
    if (const auto it = look.fractions.find(lease.sweep_id);
        it != look.fractions.end()) {
      it->second += lease.steps;
    }
  }
  for (const auto& [id, sweep] : sweeps_) {
    double& fraction = look.fractions[id];
    fraction = std::min(1.0, fraction / TotalSteps(sweep));
  }
  look.workers = ListWorkers(now);
  return look;
}

}  // namespace fathom::server
