#ifndef FATHOM_SERVER_CORE_STATS_H_
#define FATHOM_SERVER_CORE_STATS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/telemetry/counters.h"
#include "server/coordinator/effects.h"

namespace fathom::server {

// The kinds of events of which telemetry tells; all others count as "other".
inline constexpr std::array<absl::string_view, 20> kEventKinds = {
    "checkpoint_unusable", "host_suspected",
    "lease_expired",       "lease_stalled",
    "numerics_mixed",      "points_missing",
    "sweep_cancelled",     "sweep_completed",
    "sweep_created",       "sweep_declined",
    "sweep_deleted",       "sweep_paused",
    "sweep_resumed",       "sweep_unreadable",
    "trials_resumed",      "trials_retried",
    "worker_connected",    "worker_disconnected",
    "worker_draining",     "other"};

// What a Core has done since it began. The thread that uses the Core writes;
// any thread may read.
struct CoreStats {
  using Count = OneWriterCounter<int64_t>;

  // What was committed. A decision that the ledger refused is not counted.
  Count leases_granted;
  Count trials_given;
  Count points;
  Count checkpoints;
  Count attempts_lost;
  Count attempts_returned;
  // Results that were recorded, by TrialState.
  std::array<Count, v1::TrialState_ARRAYSIZE> finished;
  std::array<Count, kEventKinds.size()> events;
  // What was cleaned up, and whether more waits to be; see cleaner.h.
  Count rows_removed;
  Count bytes_returned;
  std::atomic<bool> cleaning = true;
  // Streams that were closed because of what a worker had sent, and telemetry
  // of workers that was ignored.
  Count streams_refused;
  Count telemetry_refused;

  OneWriterHistogram<kCountBounds.size()> batch{kCountBounds};
  OneWriterHistogram<kSecondsBounds.size()> write_seconds{kSecondsBounds};
  OneWriterHistogram<kSecondsBounds.size()> sync_seconds{kSecondsBounds};

  // Counts what the effects of a transaction that was committed say.
  void NoteCommitted(const Effects& effects);
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_CORE_STATS_H_
