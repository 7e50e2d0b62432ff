// The part of the Coordinator that takes leases back on which nothing moves,
// although their worker is alive: a slot hangs in a file system that does not
// answer, or its trial never ends.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/coordinator/coordinator.h"

namespace fathom::server {

void Coordinator::TakeBackStalled(absl::Time now) {
  if (now < next_stall_check_) return;
  next_stall_check_ = now + std::clamp(options_.stall_limit / 60,
                                       absl::Seconds(1), absl::Minutes(1));
  std::vector<int64_t> stalled;
  for (const auto& [id, lease] : leases_) {
    if (now - lease.moved > options_.stall_limit) stalled.push_back(id);
  }
  for (const int64_t id : stalled) {
    const Lease& lease = leases_.at(id);
    const Session& session = sessions_.at(lease.session_id);
    Event("lease_stalled",
          absl::StrCat("worker ", session.hello.worker(), " took no step of ",
                       lease.open_trials, " trials in ",
                       absl::FormatDuration(options_.stall_limit)),
          now, lease.sweep_id);
    if (session.connection != 0) {
      v1::CoordinatorMessage message;
      message.mutable_revoke()->add_lease_ids(id);
      Send(session.connection, std::move(message));
    }
    // As if the worker had died of this lease alone: a trial that hangs is
    // found among the others by halves, and goes elsewhere next.
    const Suspicion held = {
        .trials = lease.open_trials,
        .suspects = lease.bundle_limit > 0 ? lease.open_trials : 0,
        .limit = lease.bundle_limit};
    ReturnLease(id, now, &held);
  }
  if (!stalled.empty()) Assign(now);
}

}  // namespace fathom::server
