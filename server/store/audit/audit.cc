#include "server/store/audit/audit.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "server/store/audit/audit_checkpoints.h"
#include "server/store/audit/audit_sweep.h"
#include "server/store/sweep_rows.h"

namespace fathom::server {
namespace {

absl::Status CheckFile(sqlite::Database& db, v1::AuditResponse& response) {
  static constexpr char kIntegritySql[] = "PRAGMA integrity_check(20)";
  static constexpr char kForeignKeysSql[] = "PRAGMA foreign_key_check";
  sqlite::Query integrity(db, kIntegritySql);
  while (integrity.Next()) {
    if (integrity.View(0) == "ok") continue;
    AddProblem(absl::StrCat("integrity check: ", integrity.Text(0)), response);
  }
  RETURN_IF_ERROR(integrity.status());
  sqlite::Query keys(db, kForeignKeysSql);
  while (keys.Next()) {
    // The pieces of an upload are stored before their dataset.
    if (keys.View(0) == "dataset_chunks") continue;
    AddProblem(absl::StrCat("a row of ", keys.Text(0), " refers to a row of ",
                            keys.Text(2), " that is not there"),
               response);
  }
  return keys.status();
}

// Checks for leases without open trials and for leased trials without a lease.
absl::Status CheckLeases(sqlite::Database& db, v1::AuditResponse& response) {
  static constexpr char kLeasesSql[] =
      "SELECT l.lease_id,s.state,(SELECT COUNT(*) FROM json_each(l.ranges) AS "
      "r "
      "CROSS JOIN trials AS t ON t.sweep_id=l.sweep_id "
      "AND t.trial_index>=r.value->>0 "
      "AND t.trial_index<(r.value->>0)+(r.value->>1) "
      "WHERE t.state=2 AND t.lease_id=l.lease_id AND t.attempt=r.value->>2 "
      "AND t.session=l.session) "
      "FROM leases AS l LEFT JOIN sweeps AS s ON s.sweep_id=l.sweep_id";
  static constexpr char kLeasedSql[] =
      "SELECT COUNT(*) FROM trials WHERE state=2";
  int64_t held = 0;
  sqlite::Query leases(db, kLeasesSql);
  while (leases.Next()) {
    held += leases.Int64(2);
    if (leases.Int64(1) != v1::SWEEP_STATE_RUNNING) {
      AddProblem(absl::StrCat("lease ", leases.Int64(0),
                              " is open, and its sweep is not running"),
                 response);
    } else if (leases.Int64(2) == 0) {
      AddProblem(absl::StrCat("lease ", leases.Int64(0), " holds no trial"),
                 response);
    }
  }
  RETURN_IF_ERROR(leases.status());
  ASSIGN_OR_RETURN(const auto leased, db.Find(kLeasedSql));
  if (leased.value_or(0) != held) {
    AddProblem(absl::StrCat(leased.value_or(0),
                            " trials are leased, and leases "
                            "hold ",
                            held),
               response);
  }
  return absl::OkStatus();
}

absl::Status CheckDatasets(sqlite::Database& db, v1::AuditResponse& response) {
  static constexpr char kDatasetsSql[] =
      "SELECT d.digest,d.size_bytes,IFNULL((SELECT SUM(length(c.bytes)) "
      "FROM dataset_chunks AS c WHERE c.dataset_id=d.dataset_id),0) "
      "FROM datasets AS d ORDER BY d.dataset_id";
  sqlite::Query datasets(db, kDatasetsSql);
  while (datasets.Next()) {
    if (datasets.Int64(1) == datasets.Int64(2)) continue;
    AddProblem(
        absl::StrCat("dataset ", datasets.Text(0), " has ", datasets.Int64(1),
                     " bytes, and pieces of ", datasets.Int64(2)),
        response);
  }
  return datasets.status();
}

// Checks for rows that belong to no sweep, and to none that is being deleted.
absl::Status CheckStrays(sqlite::Database& db, v1::AuditResponse& response) {
  static constexpr char kStraysSql[] =
      "WITH known AS MATERIALIZED(SELECT sweep_id FROM sweeps "
      "UNION ALL SELECT sweep_id FROM deleted_sweeps) SELECT "
      "(SELECT COUNT(*) FROM trials WHERE sweep_id NOT IN known)+"
      "(SELECT COUNT(*) FROM past_attempts WHERE sweep_id NOT IN known)+"
      "(SELECT COUNT(*) FROM metric_chunks WHERE sweep_id NOT IN known)+"
      "(SELECT COUNT(*) FROM trial_checkpoints WHERE sweep_id NOT IN known)+"
      // Events of workers have none, and nothing is not in an empty list.
      "(SELECT COUNT(*) FROM event_log WHERE sweep_id IS NOT NULL "
      "AND sweep_id NOT IN known)+"
      "(SELECT COUNT(*) FROM past_events WHERE sweep_id<>0 "
      "AND sweep_id NOT IN known)+"
      "(SELECT COUNT(*) FROM sweep_datasets WHERE sweep_id NOT IN known)+"
      "(SELECT COUNT(*) FROM sweep_sessions WHERE sweep_id NOT IN known)+"
      "(SELECT COUNT(*) FROM deleted_sweeps "
      "WHERE sweep_id IN(SELECT sweep_id FROM sweeps))";
  ASSIGN_OR_RETURN(const auto strays, db.Find(kStraysSql));
  if (strays.value_or(0) > 0) {
    AddProblem(absl::StrCat(*strays, " rows belong to no sweep"), response);
  }
  return absl::OkStatus();
}

absl::Status Audit(sqlite::Database& db, v1::AuditResponse& response) {
  static constexpr char kSweepsSql[] =
      "SELECT " FATHOM_SWEEP_COLUMNS " FROM sweeps AS s ORDER BY s.sweep_id";
  RETURN_IF_ERROR(CheckFile(db, response));
  std::vector<std::string> digests;
  sqlite::Query sweeps(db, kSweepsSql);
  while (sweeps.Next()) {
    const v1::Sweep sweep = ReadSweep(sweeps);
    RETURN_IF_ERROR(
        AuditSweep(db, sweep, sweeps.Int64(kNextIndexColumn), response));
    digests.push_back(response.sweeps().rbegin()->digest());
  }
  RETURN_IF_ERROR(sweeps.status());
  RETURN_IF_ERROR(CheckLeases(db, response));
  RETURN_IF_ERROR(CheckDatasets(db, response));
  RETURN_IF_ERROR(CheckStrays(db, response));
  std::sort(digests.begin(), digests.end());
  Sha256 hash;
  for (const std::string& digest : digests) hash.Update(digest + "\n");
  response.set_digest(hash.HexDigest());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::AuditResponse> AuditLedger(sqlite::Database& db,
                                              const LongRead& read) {
  v1::AuditResponse response;
  RETURN_IF_ERROR(db.ExecuteScript("BEGIN"));
  const absl::Status status = [&] {
    const LongRead::Watch watch(read, db);
    return Audit(db, response);
  }();
  db.ExecuteScript("ROLLBACK").IgnoreError();
  RETURN_IF_ERROR(read.Explain(status));
  RETURN_IF_ERROR(read.Check());  // An interrupted check may look complete.
  // The files are large, and no snapshot is needed to look at them.
  RETURN_IF_ERROR(CheckCheckpointFiles(db, read, response));
  return response;
}

}  // namespace fathom::server
