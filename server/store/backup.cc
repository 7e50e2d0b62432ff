#include "server/store/backup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "sqlite3.h"

namespace fathom {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

// A new, empty file that is removed with what SQLite put beside it.
class TemporaryFile {
 public:
  static absl::StatusOr<std::unique_ptr<TemporaryFile>> Create(
      const std::string& directory) {
    std::string path = absl::StrCat(directory, "/fathom-backup-XXXXXX");
    const int fd = mkostemp(path.data(), O_CLOEXEC);
    if (fd < 0) return Error(path, errno);
    close(fd);
    return std::unique_ptr<TemporaryFile>(new TemporaryFile(std::move(path)));
  }
  ~TemporaryFile() {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
      unlink(absl::StrCat(path_, suffix).c_str());
    }
  }

  const std::string& path() const { return path_; }

  static absl::Status Error(const std::string& path, int error) {
    const std::string text = absl::StrCat(path, ": ", std::strerror(error));
    if (error == ENOSPC || error == EDQUOT) {
      return absl::ResourceExhaustedError(text);
    }
    return absl::InternalError(text);
  }

 private:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}

  const std::string path_;
};

absl::Status Copy(sqlite::Database& from, sqlite::Database& to) {
  sqlite3_backup* backup =
      sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) return to.LastError("backup");
  // In one step, which is one read transaction: in several, every write in
  // between would begin the copy again.
  const int stepped = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);  // Its error is that of the step.
  return stepped == SQLITE_DONE ? absl::OkStatus() : to.LastError("backup");
}

// A copy that nobody writes to needs no write-ahead log. With one, SQLite would
// want to put files beside it even to read, which not everybody may.
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

}  // namespace

absl::StatusOr<std::string> BackUpDatabase(
    sqlite::Database& db, const std::string& directory,
    absl::FunctionRef<absl::Status(absl::string_view piece)> consume) {
  ASSIGN_OR_RETURN(const auto file, TemporaryFile::Create(directory));
  {
    ASSIGN_OR_RETURN(auto copy, sqlite::Database::Open(
                                    file->path(), sqlite::Access::kReadWrite));
    RETURN_IF_ERROR(copy->ExecuteScript("PRAGMA synchronous=OFF"));
    RETURN_IF_ERROR(Copy(db, *copy));
    RETURN_IF_ERROR(LeaveWalMode(*copy));
    RETURN_IF_ERROR(CheckIntegrity(*copy));
  }
  const int fd = open(file->path().c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return TemporaryFile::Error(file->path(), errno);
  Sha256 hash;
  std::string piece(kPieceBytes, '\0');
  absl::Status status;
  ssize_t size = 0;
  while (status.ok() && (size = read(fd, piece.data(), piece.size())) > 0) {
    const absl::string_view bytes(piece.data(), static_cast<size_t>(size));
    hash.Update(bytes);
    status = consume(bytes);
  }
  if (status.ok() && size < 0) {
    status = TemporaryFile::Error(file->path(), errno);
  }
  close(fd);
  RETURN_IF_ERROR(status);
  return hash.HexDigest();
}

}  // namespace fathom
