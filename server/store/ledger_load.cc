#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "server/store/database.h"
#include "server/store/ledger.h"
#include "server/store/sweep_rows.h"

namespace fathom::server {
namespace {

absl::Status LoadSweeps(sqlite::Database& db, LedgerState* state) {
  static constexpr char kSweepsSql[] =
      "SELECT " FATHOM_SWEEP_COLUMNS "," FATHOM_SPEC_COLUMNS
      " FROM sweeps AS s LEFT JOIN sweep_specs AS d "
      "ON d.sweep_id=s.sweep_id WHERE s.state=1 ORDER BY s.sweep_id";
  sqlite::Query query(db, kSweepsSql);
  while (query.Next()) {
    LedgerState::OpenSweep& open = state->running_sweeps.emplace_back();
    open.sweep = ReadSweepWithSpec(query);
    open.next_index = query.Int64(kNextIndexColumn);
  }
  return query.status();
}

absl::Status LoadLeases(sqlite::Database& db, LedgerState* state) {
  static constexpr char kLeasesSql[] =
      "SELECT l.lease_id,l.sweep_id,w.session_id,w.worker,w.create_time "
      "FROM leases AS l "
      "JOIN sessions AS w ON w.session=l.session ORDER BY l.lease_id";
  sqlite::Query query(db, kLeasesSql);
  while (query.Next()) {
    state->leases.push_back({.lease_id = query.Int64(0),
                             .sweep_id = query.Int64(1),
                             .session_id = query.Text(2),
                             .worker = query.Text(3),
                             .session_begun = query.Time(4)});
  }
  return query.status();
}

// Finds leased trials through their leases and returned trials through the
// index trials_returned, so that the time does not depend on the number of
// finished trials.
absl::Status LoadOpenTrials(sqlite::Database& db, LedgerState* state) {
  static constexpr char kTrialsSql[] =
      "SELECT "
      "t.sweep_id,t.trial_index,t.attempt,t.lease_id," FATHOM_LOSS_COLUMNS
      " FROM leases AS l CROSS JOIN json_each(l.ranges) AS r "
      "CROSS JOIN trials AS t ON t.sweep_id=l.sweep_id "
      "AND t.trial_index>=r.value->>0 "
      "AND t.trial_index<(r.value->>0)+(r.value->>1) "
      "WHERE t.state=2 AND t.lease_id=l.lease_id "
      "UNION ALL "
      "SELECT t.sweep_id,t.trial_index,t.attempt,0," FATHOM_LOSS_COLUMNS
      " FROM trials AS t INDEXED BY trials_returned WHERE t.state=1 "
      "ORDER BY 1,2";
  absl::flat_hash_map<int64_t, LedgerState::OpenSweep*> sweeps;
  for (LedgerState::OpenSweep& open : state->running_sweeps) {
    sweeps[open.sweep.sweep_id()] = &open;
  }
  sqlite::Query query(db, kTrialsSql);
  while (query.Next()) {
    const auto sweep = sweeps.find(query.Int64(0));
    if (sweep == sweeps.end()) {
      return absl::DataLossError(
          absl::StrCat(db.path(), ": sweep ", query.Int64(0),
                       " is not running, and its trial ", query.Int64(1),
                       " is open; the ledger is damaged"));
    }
    sweep->second->open_trials.push_back(
        {.trial_index = query.Int64(1),
         .attempt = static_cast<int32_t>(query.Int64(2)),
         .lost_alone = static_cast<int32_t>(query.Int64(4)),
         .bundle_limit = query.Int64(5),
         .next_chunk = static_cast<int32_t>(query.Int64(7)),
         .lease_id = query.Int64(3),
         .lost_session = query.Text(6)});
  }
  return query.status();
}

// Adds their checkpoints to the open trials.
absl::Status LoadOpenCheckpoints(sqlite::Database& db, LedgerState* state) {
  static constexpr char kCheckpointsSql[] =
      "SELECT sweep_id," FATHOM_CHECKPOINT_COLUMNS
      " FROM trial_checkpoints AS c";
  absl::flat_hash_map<std::pair<int64_t, int64_t>,
                      std::shared_ptr<const v1::TrialCheckpoint>>
      checkpoints;
  sqlite::Query query(db, kCheckpointsSql);
  while (query.Next()) {
    v1::TrialCheckpoint checkpoint = ReadCheckpoint(query, 1);
    const int64_t index = checkpoint.trial_index();
    checkpoints[{query.Int64(0), index}] =
        std::make_shared<v1::TrialCheckpoint>(std::move(checkpoint));
  }
  RETURN_IF_ERROR(query.status());
  if (checkpoints.empty()) return absl::OkStatus();
  for (LedgerState::OpenSweep& open : state->running_sweeps) {
    for (LedgerState::OpenTrial& trial : open.open_trials) {
      const auto it =
          checkpoints.find({open.sweep.sweep_id(), trial.trial_index});
      if (it != checkpoints.end()) trial.checkpoint = it->second;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LedgerState> Ledger::Load() {
  static constexpr char kNextSweepSql[] =
      "SELECT 1+MAX(IFNULL((SELECT MAX(sweep_id) FROM sweeps),0),"
      "IFNULL((SELECT seq FROM sqlite_sequence WHERE name='deleted_sweeps'),"
      "0))";
  static constexpr char kNextLeaseSql[] =
      "SELECT seq+1 FROM sqlite_sequence WHERE name='leases'";
  LedgerState state;
  RETURN_IF_ERROR(LoadSweeps(*db_, &state));
  RETURN_IF_ERROR(LoadLeases(*db_, &state));
  RETURN_IF_ERROR(LoadOpenTrials(*db_, &state));
  RETURN_IF_ERROR(LoadOpenCheckpoints(*db_, &state));
  ASSIGN_OR_RETURN(const auto next_sweep, db_->Find(kNextSweepSql));
  ASSIGN_OR_RETURN(const auto next_lease, db_->Find(kNextLeaseSql));
  state.next_sweep_id = next_sweep.value_or(1);
  state.next_lease_id = next_lease.value_or(1);
  return state;
}

}  // namespace fathom::server
