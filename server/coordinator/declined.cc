// The part of the Coordinator that notes which sweeps a worker cannot run.
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/sweep/printable.h"
#include "server/coordinator/coordinator.h"

namespace fathom::server {
namespace {

// Largest number of bytes that are kept of a reason.
constexpr size_t kMaxReason = 512;

}  // namespace

void Coordinator::Decline(Session& session, int64_t sweep_id,
                          const std::string& reason, absl::Time now) {
  RunningSweep* const sweep = FindSweep(sweep_id);
  if (sweep == nullptr) return;
  // Sweeps that have ended are removed, so that the list never has more entries
  // than there are running sweeps.
  std::erase_if(session.declined, [this](const auto& entry) {
    return !sweeps_.contains(entry.first);
  });
  const auto [entry, is_new] = session.declined.try_emplace(
      sweep_id, Printable(reason.substr(0, kMaxReason)));
  if (!is_new) return;
  // Otherwise the sweep would wait for a session that will never take its
  // trial.
  if (matching_.IsClearing(session, *sweep)) sweep->clearing_session.clear();
  effects_.Event("sweep_declined",
                 absl::StrCat("worker ", Printable(session.worker()),
                              " cannot run it: ", entry->second),
                 now, sweep_id);
}

}  // namespace fathom::server
