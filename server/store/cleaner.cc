#include "server/store/cleaner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "server/limits.h"

namespace fathom::server {
namespace {

// The rows that one statement removes: few, as one row may be of many pages.
constexpr int64_t kRowsAtOnce = 16;

// The pieces, of 64 pages each, that a step removes.
constexpr int64_t kPiecesAtOnce = 1;

// The datasets and sessions that a step looks at.
constexpr int64_t kLooksAtOnce = 128;

// Of a table with rows of sweeps: the statement that removes about ?2 rows of
// the sweep ?1, side by side, so that whole pages become free.
constexpr const char* kRowsOfSweep[] = {
    "DELETE FROM metric_chunks WHERE rowid IN(SELECT rowid FROM metric_chunks "
    "WHERE sweep_id=?1 ORDER BY trial_index,attempt,chunk LIMIT ?2)",
    "DELETE FROM trials WHERE sweep_id=?1 AND trial_index<=("
    "SELECT MAX(trial_index) FROM (SELECT trial_index FROM trials "
    "WHERE sweep_id=?1 ORDER BY trial_index LIMIT ?2))",
    "DELETE FROM past_attempts WHERE sweep_id=?1 AND trial_index<=("
    "SELECT MAX(trial_index) FROM (SELECT trial_index FROM past_attempts "
    "WHERE sweep_id=?1 ORDER BY trial_index LIMIT ?2))",
    "DELETE FROM event_log WHERE event_id IN(SELECT event_id FROM event_log "
    "WHERE sweep_id=?1 LIMIT ?2)",
    "DELETE FROM past_events WHERE sweep_id=?1 AND kind IN("
    "SELECT kind FROM past_events WHERE sweep_id=?1 LIMIT ?2)",
    "DELETE FROM sweep_datasets WHERE sweep_id=?1 AND digest IN("
    "SELECT digest FROM sweep_datasets WHERE sweep_id=?1 LIMIT ?2)",
    "DELETE FROM sweep_sessions WHERE sweep_id=?1 AND session IN("
    "SELECT session FROM sweep_sessions WHERE sweep_id=?1 LIMIT ?2)",
};

absl::StatusOr<int64_t> FreePages(sqlite::Database& db) {
  static constexpr char kFreeSql[] = "PRAGMA freelist_count";
  ASSIGN_OR_RETURN(const auto pages, db.Find(kFreeSql));
  return pages.value_or(0);
}

}  // namespace

Cleaner::Cleaner(sqlite::Database& db) : db_(&db) {
  pace_.dataset_grace = absl::Seconds(kUnusedDatasetSeconds);
}

absl::Status Cleaner::FindPieces() {
  static constexpr char kPiecesSql[] =
      "SELECT DISTINCT dataset_id FROM dataset_chunks "
      "WHERE dataset_id NOT IN(SELECT dataset_id FROM datasets)";
  sqlite::Query query(*db_, kPiecesSql);
  while (query.Next()) pieces_.push_back(query.Int64(0));
  return query.status();
}

absl::StatusOr<Cleaner::Step> Cleaner::Take(
    absl::Time now, absl::FunctionRef<bool(const std::string&)> is_there,
    std::vector<std::string>& gone) {
  Step step;
  if (phase_ == Phase::kIdle && HasWork(now)) phase_ = Phase::kSweeps;
  switch (phase_) {
    case Phase::kSweeps:
      RETURN_IF_ERROR(CleanSweeps(step));
      break;
    case Phase::kPieces:
      RETURN_IF_ERROR(CleanPieces(step));
      break;
    case Phase::kDatasets:
      RETURN_IF_ERROR(CleanDatasets(now, step));
      break;
    case Phase::kSessions:
      RETURN_IF_ERROR(CleanSessions(is_there, gone, step));
      break;
    case Phase::kPages:
      RETURN_IF_ERROR(GivePagesBack(step));
      if (phase_ == Phase::kIdle) next_round_ = now + kRound;
      break;
    case Phase::kIdle:
      break;
  }
  step.more = phase_ != Phase::kIdle;
  return step;
}

absl::Status Cleaner::CleanSweeps(Step& step) {
  static constexpr char kOldestSql[] =
      "SELECT sweep_id FROM deleted_sweeps ORDER BY sweep_id LIMIT 1";
  static constexpr char kDoneSql[] =
      "DELETE FROM deleted_sweeps WHERE sweep_id=?";
  ASSIGN_OR_RETURN(const auto sweep, db_->Find(kOldestSql));
  if (!sweep.has_value()) {
    phase_ = Phase::kPieces;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int64_t free_before, FreePages(*db_));
  for (const char* const sql : kRowsOfSweep) {
    int64_t removed = 0;
    do {
      ASSIGN_OR_RETURN(
          removed, db_->Run(sql, *sweep, std::min(kRowsAtOnce, pace_.rows)));
      step.rows += removed;
      ASSIGN_OR_RETURN(const int64_t free, FreePages(*db_));
      if (step.rows >= pace_.rows || free - free_before >= pace_.pages) {
        return absl::OkStatus();
      }
    } while (removed > 0);
  }
  return db_->Run(kDoneSql, *sweep).status();
}

absl::Status Cleaner::CleanPieces(Step& step) {
  // The condition on `datasets` should never matter; it protects datasets from
  // mistakes.
  static constexpr char kDeleteSql[] =
      "DELETE FROM dataset_chunks WHERE rowid IN("
      "SELECT rowid FROM dataset_chunks WHERE dataset_id=?1 LIMIT ?2) "
      "AND NOT EXISTS(SELECT 1 FROM datasets WHERE dataset_id=?1)";
  if (pieces_.empty()) {
    phase_ = Phase::kDatasets;
    dataset_ = 0;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int64_t removed,
                   db_->Run(kDeleteSql, pieces_.back(), kPiecesAtOnce));
  step.rows += removed;
  if (removed < kPiecesAtOnce) pieces_.pop_back();
  return absl::OkStatus();
}

absl::Status Cleaner::CleanDatasets(absl::Time now, Step& step) {
  static constexpr char kUnusedSql[] =
      "SELECT d.dataset_id,d.upload_time,EXISTS(SELECT 1 FROM sweep_datasets "
      "AS u WHERE u.digest=d.digest) FROM datasets AS d "
      "WHERE d.dataset_id>? ORDER BY d.dataset_id LIMIT ?";
  static constexpr char kDeleteSql[] =
      "DELETE FROM datasets WHERE dataset_id=?";
  int64_t looks = 0;
  std::vector<int64_t> unused;
  {
    sqlite::Query query(*db_, kUnusedSql, dataset_, kLooksAtOnce);
    for (; query.Next(); ++looks) {
      dataset_ = query.Int64(0);
      const bool old = query.Time(1) <= now - pace_.dataset_grace;
      if (old && query.Int64(2) == 0) unused.push_back(dataset_);
    }
    RETURN_IF_ERROR(query.status());
  }
  for (const int64_t key : unused) {
    RETURN_IF_ERROR(db_->Run(kDeleteSql, key).status());
    pieces_.push_back(key);
    ++step.rows;
  }
  if (looks < kLooksAtOnce) {
    phase_ = pieces_.empty() ? Phase::kSessions : Phase::kPieces;
    session_ = 0;
  }
  return absl::OkStatus();
}

absl::Status Cleaner::CleanSessions(
    absl::FunctionRef<bool(const std::string&)> is_there,
    std::vector<std::string>& gone, Step& step) {
  static constexpr char kSessionsSql[] =
      "SELECT w.session,w.session_id,"
      "EXISTS(SELECT 1 FROM sweep_sessions AS u WHERE u.session=w.session) OR "
      "EXISTS(SELECT 1 FROM optimum AS o WHERE o.session=w.session) "
      "FROM sessions AS w WHERE w.session>? ORDER BY w.session LIMIT ?";
  static constexpr char kDeleteSql[] = "DELETE FROM sessions WHERE session=?";
  int64_t looks = 0;
  std::vector<int64_t> unused;
  {
    sqlite::Query query(*db_, kSessionsSql, session_, kLooksAtOnce);
    for (; query.Next(); ++looks) {
      session_ = query.Int64(0);
      std::string id = query.Text(1);
      if (query.Int64(2) != 0 || is_there(id)) continue;
      unused.push_back(session_);
      gone.push_back(std::move(id));
    }
    RETURN_IF_ERROR(query.status());
  }
  for (const int64_t session : unused) {
    RETURN_IF_ERROR(db_->Run(kDeleteSql, session).status());
    ++step.rows;
  }
  if (looks < kLooksAtOnce) phase_ = Phase::kPages;
  return absl::OkStatus();
}

// Pages are moved from the end of the file to free places, and then cut off.
absl::Status Cleaner::GivePagesBack(Step& step) {
  static constexpr char kModeSql[] = "PRAGMA auto_vacuum";
  static constexpr char kSizeSql[] = "PRAGMA page_count";
  static constexpr char kPageSql[] = "PRAGMA page_size";
  constexpr int64_t kIncremental = 2;
  constexpr int64_t kMostSpare = 16;  // A sixteenth of the file.
  constexpr int64_t kPagesAtOnce = 16;
  ASSIGN_OR_RETURN(const auto mode, db_->Find(kModeSql));
  ASSIGN_OR_RETURN(const auto size, db_->Find(kSizeSql));
  ASSIGN_OR_RETURN(const int64_t free, FreePages(*db_));
  const int64_t spare =
      std::max(pace_.spare_pages, size.value_or(0) / kMostSpare);
  const int64_t give = std::min(free - spare, kPagesAtOnce);
  if (mode != kIncremental || give <= 0) {
    phase_ = Phase::kIdle;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(db_->ExecuteScript(
      absl::StrCat("PRAGMA incremental_vacuum(", give, ")")));
  ASSIGN_OR_RETURN(const int64_t left, FreePages(*db_));
  ASSIGN_OR_RETURN(const auto page, db_->Find(kPageSql));
  step.bytes += (free - left) * page.value_or(0);
  // Should nothing have gone, the next round tries again.
  if (left == free) phase_ = Phase::kIdle;
  return absl::OkStatus();
}

}  // namespace fathom::server
