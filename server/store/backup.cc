#include "server/store/backup.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "server/store/files/disk_space.h"
#include "server/store/files/temporary_file.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;
// Number of pages between two checks whether to continue.
constexpr int kPagesPerStep = 256;

// Begins a transaction, which holds a snapshot until it ends, and returns the
// size of a copy of the snapshot in bytes.
absl::StatusOr<int64_t> TakeSnapshot(sqlite::Database& db) {
  static constexpr char kCountOfPagesSql[] = "PRAGMA page_count";
  static constexpr char kSizeOfPageSql[] = "PRAGMA page_size";
  static constexpr char kReadSql[] = "SELECT COUNT(*) FROM sqlite_schema";
  RETURN_IF_ERROR(db.ExecuteScript("BEGIN"));
  RETURN_IF_ERROR(db.Find(kReadSql).status());
  ASSIGN_OR_RETURN(const auto pages, db.Find(kCountOfPagesSql));
  ASSIGN_OR_RETURN(const auto page_size, db.Find(kSizeOfPageSql));
  return pages.value_or(0) * page_size.value_or(0);
}

// Others may fill the disk of the copy, which need not be that of the ledger.
absl::Status CheckRoomToGoOn(const TemporaryFile& file) {
  return CheckDiskSpace(file.path(), 0, "to go on with this copy");
}

// Copies in small steps, so that it can end between them. All steps use the
// snapshot that `from` holds: if each took one of its own, SQLite would begin
// the copy again after every write of others.
absl::Status Copy(sqlite::Database& from, sqlite::Database& to,
                  const LongRead& read, const TemporaryFile& file) {
  sqlite3_backup* backup =
      sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) return to.LastError("backup");
  int stepped = SQLITE_OK;
  absl::Status status;
  while (stepped == SQLITE_OK && status.ok()) {
    stepped = sqlite3_backup_step(backup, kPagesPerStep);
    status = read.Check();
    if (status.ok()) status = CheckRoomToGoOn(file);
  }
  sqlite3_backup_finish(backup);  // It repeats the error of the step.
  if (stepped == SQLITE_DONE) return absl::OkStatus();
  return stepped == SQLITE_OK ? status : to.LastError("backup");
}

// Takes the copy out of WAL mode, since nobody writes to it. In WAL mode SQLite
// creates files beside a database even to read it, which not everybody may do.
absl::Status LeaveWalMode(sqlite::Database& db) {
  static constexpr char kDeleteSql[] = "PRAGMA journal_mode=DELETE";
  sqlite::Query query(db, kDeleteSql);
  if (!query.Next()) return query.status();
  if (query.View(0) == "delete") return absl::OkStatus();
  return absl::InternalError(absl::StrCat(
      db.path(), ": the copy stays in journal mode ", query.Text(0)));
}

absl::Status CheckIntegrity(sqlite::Database& db) {
  static constexpr char kIntegritySql[] = "PRAGMA integrity_check(1)";
  sqlite::Query query(db, kIntegritySql);
  if (!query.Next()) return query.status();
  if (query.View(0) == "ok") return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "the ledger is damaged, no backup was made: ", query.Text(0)));
}

// Removes the rows of checkpoints, as a copy has none of their files: in it,
// their trials begin anew. An older ledger has no such table.
absl::Status ForgetCheckpoints(sqlite::Database& db) {
  static constexpr char kTableSql[] =
      "SELECT 1 FROM sqlite_schema WHERE type='table' "
      "AND name='trial_checkpoints'";
  static constexpr char kPointsSql[] =
      "DELETE FROM metric_chunks WHERE rowid IN("
      "SELECT c.rowid FROM trial_checkpoints AS k "
      "CROSS JOIN trials AS t ON t.sweep_id=k.sweep_id "
      "AND t.trial_index=k.trial_index "
      "CROSS JOIN metric_chunks AS c ON c.sweep_id=k.sweep_id "
      "AND c.trial_index=k.trial_index AND c.attempt=k.attempt "
      "WHERE k.attempt<t.attempt OR t.state=1 AND NOT EXISTS("
      "SELECT 1 FROM past_attempts AS p WHERE p.sweep_id=t.sweep_id "
      "AND p.trial_index=t.trial_index AND p.attempt=t.attempt "
      "AND p.lost=1))";
  static constexpr char kDeleteSql[] = "DELETE FROM trial_checkpoints";
  ASSIGN_OR_RETURN(const auto table, db.Find(kTableSql));
  if (!table.has_value()) return absl::OkStatus();
  return db.Transaction([&]() -> absl::Status {
    RETURN_IF_ERROR(db.Run(kPointsSql).status());
    return db.Run(kDeleteSql).status();
  });
}

// Makes the copy and checks it. The snapshot ends when the copy is made.
absl::Status MakeCopy(sqlite::Database& db, const TemporaryFile& file,
                      const LongRead& read) {
  absl::Cleanup end = [&db] { db.ExecuteScript("ROLLBACK").IgnoreError(); };
  ASSIGN_OR_RETURN(const int64_t size, TakeSnapshot(db));
  RETURN_IF_ERROR(CheckDiskSpace(file.path(), size, "this copy"));
  ASSIGN_OR_RETURN(auto copy, sqlite::Database::Open(
                                  file.path(), sqlite::Access::kReadWrite));
  RETURN_IF_ERROR(copy->ExecuteScript("PRAGMA synchronous=OFF"));
  RETURN_IF_ERROR(Copy(db, *copy, read, file));
  std::move(end).Invoke();
  const LongRead::Watch watch(read, *copy);
  RETURN_IF_ERROR(LeaveWalMode(*copy));
  RETURN_IF_ERROR(CheckIntegrity(*copy));
  RETURN_IF_ERROR(ForgetCheckpoints(*copy));
  return read.Check();  // An interrupted check may look like a passed one.
}

}  // namespace

absl::StatusOr<std::string> BackUpDatabase(
    sqlite::Database& db, const std::string& directory, const LongRead& read,
    absl::FunctionRef<absl::Status(absl::string_view piece)> consume) {
  ASSIGN_OR_RETURN(const auto file, TemporaryFile::Create(directory));
  RETURN_IF_ERROR(read.Explain(MakeCopy(db, *file, read)));
  Sha256 hash;
  std::string piece(kPieceBytes, '\0');
  off_t at = 0;
  while (true) {
    const ssize_t size = pread(file->fd(), piece.data(), piece.size(), at);
    if (size < 0) return file->Error(errno);
    if (size == 0) return hash.HexDigest();
    at += size;
    const absl::string_view bytes(piece.data(), static_cast<size_t>(size));
    hash.Update(bytes);
    RETURN_IF_ERROR(consume(bytes));
    // Whoever receives it may be slow. The copy is worth less than results.
    RETURN_IF_ERROR(read.CheckDisk());
    RETURN_IF_ERROR(CheckRoomToGoOn(*file));
  }
}

}  // namespace fathom::server
