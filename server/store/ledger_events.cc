#include "proto/shared/status.h"
#include "server/limits.h"
#include "server/store/database.h"
#include "server/store/ledger.h"

namespace fathom::server {
namespace {

// The number of events between two removals.
constexpr int64_t kEventsPerTrim = 1024;

}  // namespace

// A removal covers the last 4096 events that have become old: more than those
// since the last removal, in case one was missed, but not the whole table.
absl::Status Ledger::TrimEvents(int64_t newest) {
  static constexpr char kDeleteSql[] =
      "DELETE FROM event_log WHERE event_id<=?1 AND event_id>?1-4096 AND kind "
      "IN('worker_connected','worker_disconnected','worker_draining',"
      "'lease_expired','trials_resumed','checkpoint_unusable')";
  if (newest % kEventsPerTrim != 0) return absl::OkStatus();
  return db_->Run(kDeleteSql, newest - kKeptEvents).status();
}

}  // namespace fathom::server
