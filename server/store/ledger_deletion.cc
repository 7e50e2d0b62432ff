// The part of Ledger that deletes sweeps, and cleans up after them.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fathom/v1/sweep.pb.h"
#include "proto/shared/status.h"
#include "server/store/cleaner.h"
#include "server/store/database.h"
#include "server/store/ledger.h"
#include "server/store/trial_parameters.h"

namespace fathom::server {
namespace {

constexpr const char* kOwnRowsOfSweep[] = {
    "DELETE FROM sweep_numerics WHERE sweep_id=?",
    "DELETE FROM sweep_specs WHERE sweep_id=?",
    "DELETE FROM sweeps WHERE sweep_id=?",
};

// How steps of cleaning up are written, and everything else; see kPragmasSql in
// ledger.cc. The log is brought into the file in smaller pieces, as a piece is
// what whoever comes meanwhile waits for.
constexpr char kCleaningSql[] =
    "PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=OFF;"
    "PRAGMA wal_autocheckpoint=512";
constexpr char kWorkingSql[] =
    "PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
    "PRAGMA wal_autocheckpoint=4096";

}  // namespace

// The rows that say that there is such a sweep go at once. There are few of
// them; the many others are the cleaner's.
absl::Status Ledger::Apply(const DeleteSweep& write) {
  static constexpr char kStateSql[] =
      "SELECT state FROM sweeps WHERE sweep_id=?";
  static constexpr char kDeletedSql[] =
      "INSERT INTO deleted_sweeps(sweep_id,time) VALUES(?,?)";
  ASSIGN_OR_RETURN(const auto state, db_->Find(kStateSql, write.sweep_id));
  if (!state.has_value() || *state == v1::SWEEP_STATE_RUNNING) {
    return absl::FailedPreconditionError(
        absl::StrCat("sweep ", write.sweep_id, " should have ended and ",
                     state.has_value() ? "is running" : "is not there"));
  }
  // A sweep that has ended has none, unless somebody else has written them.
  RETURN_IF_ERROR(DropCheckpoints(write.sweep_id));
  for (const char* const sql : kOwnRowsOfSweep) {
    RETURN_IF_ERROR(db_->Run(sql, write.sweep_id).status());
  }
  RETURN_IF_ERROR(db_->Run(kDeletedSql, write.sweep_id, write.time).status());
  parameters_.erase(write.sweep_id);
  mismatches_.erase(write.sweep_id);
  event_counts_.erase(write.sweep_id);
  cleaner_->Wake();
  return absl::OkStatus();
}

bool Ledger::HasCleaning(absl::Time now) const {
  return cleaner_->HasWork(now);
}

// A power cut may undo a step, which is then taken again. So nothing waits for
// the disk here: the next transaction that must last brings all before it to
// disk as well.
absl::StatusOr<Ledger::Cleaned> Ledger::Clean(
    absl::Time now, absl::FunctionRef<bool(const std::string&)> is_there) {
  RETURN_IF_ERROR(CheckFile());
  RETURN_IF_ERROR(durable_);
  Cleaner::Step step;
  std::vector<std::string> gone;
  const Cleaner before = *cleaner_;
  absl::Status status = db_->ExecuteScript(kCleaningSql);
  if (status.ok()) {
    status = db_->Transaction([&]() -> absl::Status {
      ASSIGN_OR_RETURN(step, cleaner_->Take(now, is_there, gone));
      return absl::OkStatus();
    });
  }
  durable_ = db_->ExecuteScript(kWorkingSql);
  if (status.ok()) status = durable_;
  if (!status.ok()) {
    *cleaner_ = before;
    return status;
  }
  for (const std::string& session : gone) session_keys_.erase(session);
  return Cleaned{.more = step.more, .rows = step.rows, .bytes = step.bytes};
}

}  // namespace fathom::server
