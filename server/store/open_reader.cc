#include "server/store/open_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "server/store/files/file_facts.h"
#include "server/store/schema.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

using sqlite::Access;
using sqlite::Database;

// The schema of a file from elsewhere need not be trusted, as the views use no
// functions except harmless ones such as json_each() and strftime().
constexpr char kReaderPragmasSql[] =
    "PRAGMA busy_timeout=5000;"
    "PRAGMA mmap_size=0;"
    "PRAGMA trusted_schema=OFF";

// Whether there is a file at `path`.
bool Exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

// Whether the file exists and is not empty, by SQLite's own test.
bool HoldsSomething(const std::string& path) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  int result = 0;
  return vfs->xAccess(vfs, path.c_str(), SQLITE_ACCESS_EXISTS, &result) ==
             SQLITE_OK &&
         result != 0;
}

// Whether this user may access `path` with `mode`, as in access(2).
bool MayAccess(const std::string& path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

absl::StatusOr<std::unique_ptr<Database>> Connect(const std::string& path,
                                                  Access access) {
  ASSIGN_OR_RETURN(auto db, Database::Open(path, access));
  // Only the Ledger makes checkpoints, never a reader.
  sqlite3_db_config(db->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(db->handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  RETURN_IF_ERROR(db->ExecuteScript(kReaderPragmasSql));
  ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(*db));
  if (version == 0) {
    return absl::DataLossError(
        absl::StrCat(path, " is not a fathom ledger: it is empty"));
  }
  RETURN_IF_ERROR(AdaptOlder(*db, version));
  RETURN_IF_ERROR(db->ExecuteScript("PRAGMA query_only=ON"));
  return db;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenForReading(
    const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    const int error = errno;
    const std::string message =
        absl::StrCat("cannot open ", path, ": ", std::strerror(error));
    return error == EACCES ? absl::InternalError(message)
                           : absl::NotFoundError(message);
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::DataLossError(
        absl::StrCat(path, " is not a fathom ledger: it is no regular file"));
  }
  const std::string real = RealPath(path);
  const bool has_index = Exists(real + "-shm");
  const bool is_at_rest = !HoldsSomething(real + "-wal") &&
                          !HoldsSomething(real + "-journal") &&
                          !(has_index && Exists(real + "-wal"));
  if (is_at_rest) return Connect(path, Access::kImmutable);
  const uid_t self = geteuid();
  const bool leaves_nothing =
      // Root gives its files to the owner.
      has_index || self == info.st_uid || self == 0;
  const std::string directory = DirectoryOf(path);
  if (!leaves_nothing && MayAccess(path, R_OK) && MayAccess(directory, W_OK)) {
    return absl::InternalError(absl::StrCat(
        "cannot read ", path, ": its newest rows are in ", path,
        "-wal, and reading that would leave files of this user beside it, with "
        "which its owner could not open it any more. Ask its owner to start "
        "fathom with it once, or copy both files to a directory of your own."));
  }
  auto db = Connect(path, Access::kReadOnly);
  const bool blocked =
      absl::IsNotFound(db.status()) || absl::IsInternal(db.status());
  if (!blocked || !MayAccess(path, R_OK) || MayAccess(directory, W_OK)) {
    return db;
  }
  return absl::InternalError(absl::StrCat(
      "cannot read ", path, ": its newest rows are in ", path,
      "-wal, and reading that takes write access to the directory ", directory,
      ". Ask for that, or copy both files to a directory of your own."));
}

absl::StatusOr<std::unique_ptr<Database>> Reopen(const std::string& path) {
  auto db = OpenForReading(path);
  if (!absl::IsNotFound(db.status())) return db;
  return absl::DataLossError(absl::StrCat(
      db.status().message(), ", although it was there a moment ago"));
}

std::string CopyDirectory(const std::string& path) {
  const std::string directory = DirectoryOf(path);
  if (MayAccess(directory, W_OK)) return directory;
  std::error_code ignored;
  return std::filesystem::temp_directory_path(ignored).string();
}

}  // namespace fathom::server
