// The part of Ledger that keeps events, and not too many of them.
#include <optional>

#include "proto/shared/status.h"
#include "server/limits.h"
#include "server/store/database.h"
#include "server/store/ledger.h"

namespace fathom::server {
namespace {

// The number of events between two looks for old ones.
constexpr int64_t kEventsPerTrim = 1024;

// The number of events of a sweep that go together.
constexpr int64_t kEventsOfSweep = 256;

// The number of sweeps whose events are counted in memory.
constexpr size_t kMostCounted = 4096;

}  // namespace

absl::Status Ledger::Apply(const InsertEvent& write) {
  static constexpr char kInsertSql[] =
      "INSERT INTO event_log(time,kind,sweep_id,trial_index,message) "
      "VALUES(?,?,?,?,?) RETURNING event_id";
  static constexpr char kKnownSql[] =
      "SELECT 1 FROM event_log WHERE kind=? AND sweep_id=? LIMIT 1";
  if (write.once) {
    ASSIGN_OR_RETURN(const auto known,
                     db_->Find(kKnownSql, write.kind, write.sweep_id));
    if (known.has_value()) return absl::OkStatus();
  }
  std::optional<int64_t> sweep_id;
  std::optional<int64_t> trial_index;
  if (write.sweep_id != 0) sweep_id = write.sweep_id;
  if (write.trial_index >= 0) trial_index = write.trial_index;
  ASSIGN_OR_RETURN(const auto newest,
                   db_->Find(kInsertSql, write.time, write.kind, sweep_id,
                             trial_index, write.message));
  if (sweep_id.has_value()) RETURN_IF_ERROR(TrimEventsOf(*sweep_id));
  return TrimEvents(newest.value_or(0));
}

absl::Status Ledger::TrimEventsOf(int64_t sweep_id) {
  static constexpr char kCountSql[] =
      "SELECT COUNT(*) FROM event_log WHERE sweep_id=?";
#define FATHOM_OLDEST                                                      \
  "event_id IN(SELECT event_id FROM event_log WHERE sweep_id=?1 ORDER BY " \
  "event_id LIMIT ?2)"
  static constexpr char kKeepCountsSql[] =
      "INSERT INTO past_events(sweep_id,kind,count,time) "
      "SELECT sweep_id,kind,COUNT(*),MAX(time) FROM event_log "
      "WHERE " FATHOM_OLDEST
      " GROUP BY kind ON CONFLICT(sweep_id,kind) DO UPDATE SET "
      "count=count+excluded.count,time=MAX(time,excluded.time)";
  static constexpr char kDeleteSql[] =
      "DELETE FROM event_log WHERE " FATHOM_OLDEST;
#undef FATHOM_OLDEST
  const auto known = event_counts_.find(sweep_id);
  int64_t count = 0;
  if (known != event_counts_.end()) {
    count = known->second + 1;
  } else {
    ASSIGN_OR_RETURN(const auto found, db_->Find(kCountSql, sweep_id));
    count = found.value_or(0);
    if (event_counts_.size() >= kMostCounted) event_counts_.clear();
  }
  while (count > kMaxEventsPerSweep) {
    RETURN_IF_ERROR(
        db_->Run(kKeepCountsSql, sweep_id, kEventsOfSweep).status());
    ASSIGN_OR_RETURN(const int64_t went,
                     db_->Run(kDeleteSql, sweep_id, kEventsOfSweep));
    if (went == 0) break;
    count -= went;
  }
  event_counts_[sweep_id] = count;
  return absl::OkStatus();
}

// Looks at the last 4096 events that have become old: more than those since the
// last look, in case one was missed, but not at the whole table. As numbers are
// never used again, there are at most kMaxEvents events with the last
// kMaxEvents numbers.
absl::Status Ledger::TrimEvents(int64_t newest) {
#define FATHOM_OF_WORKERS                                             \
  "event_id<=?1 AND event_id>?1-4096 AND kind IN('worker_connected'," \
  "'worker_disconnected','worker_draining','lease_expired',"          \
  "'trials_resumed','checkpoint_unusable')"
#define FATHOM_OLDEST                                                       \
  "event_id IN(SELECT event_id FROM event_log WHERE event_id<=?1 ORDER BY " \
  "event_id LIMIT 4096)"
#define FATHOM_KEEP_COUNTS(which)                                     \
  "INSERT INTO past_events(sweep_id,kind,count,time) "                \
  "SELECT IFNULL(sweep_id,0),kind,COUNT(*),MAX(time) FROM event_log " \
  "WHERE " which                                                      \
  " GROUP BY 1,kind ON CONFLICT(sweep_id,kind) DO UPDATE SET "        \
  "count=count+excluded.count,time=MAX(time,excluded.time)"
  static constexpr char kCountWorkersSql[] =
      FATHOM_KEEP_COUNTS(FATHOM_OF_WORKERS);
  static constexpr char kDeleteWorkersSql[] =
      "DELETE FROM event_log WHERE " FATHOM_OF_WORKERS;
  static constexpr char kCountOldestSql[] = FATHOM_KEEP_COUNTS(FATHOM_OLDEST);
  static constexpr char kDeleteOldestSql[] =
      "DELETE FROM event_log WHERE " FATHOM_OLDEST;
#undef FATHOM_OF_WORKERS
#undef FATHOM_OLDEST
#undef FATHOM_KEEP_COUNTS
  if (newest % kEventsPerTrim != 0) return absl::OkStatus();
  event_counts_.clear();
  const int64_t old = newest - kKeptEvents;
  RETURN_IF_ERROR(db_->Run(kCountWorkersSql, old).status());
  RETURN_IF_ERROR(db_->Run(kDeleteWorkersSql, old).status());
  if (newest <= kMaxEvents) return absl::OkStatus();
  const int64_t oldest = newest - kMaxEvents;
  RETURN_IF_ERROR(db_->Run(kCountOldestSql, oldest).status());
  return db_->Run(kDeleteOldestSql, oldest).status();
}

}  // namespace fathom::server
