#include "server/store/checkup.h"

#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/shared/status.h"
#include "server/store/database.h"
#include "server/store/files/file_facts.h"
#include "server/store/files/file_lock.h"
#include "server/store/files/temporary_file.h"
#include "server/store/open_reader.h"
#include "server/store/schema.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

// How many instructions of SQLite's machine run between two looks at the clock.
constexpr int kInstructionsPerLook = 10'000;

struct FileSystem {
  uint32_t magic;
  const char* name;
  bool is_remote;
};

// As statfs(2) tells them apart.
constexpr FileSystem kFileSystems[] = {
    {0xef53, "ext4", false},        {0x58465342, "xfs", false},
    {0x9123683e, "btrfs", false},   {0x2fc12fc1, "zfs", false},
    {0xf2f52010, "f2fs", false},    {0xca451a4e, "bcachefs", false},
    {0x794c7630, "overlay", false}, {0x01021994, "tmpfs", false},
    {0x6969, "nfs", true},          {0x517b, "smb", true},
    {0xfe534d42, "smb2", true},     {0xff534d42, "cifs", true},
    {0x5346414f, "afs", true},      {0x00c36400, "ceph", true},
    {0x0bd00bd0, "lustre", true},   {0x47504653, "gpfs", true},
    {0x01021997, "9p", true},       {0x19830326, "beegfs", true},
    {0x20030528, "orangefs", true}, {0x01161970, "gfs2", true},
    {0x7461636f, "ocfs2", true},
};

void LookAtFileSystem(const std::string& path, Checkup& checkup) {
  struct statfs info;
  if (statfs(path.c_str(), &info) != 0) return;
  const auto magic = static_cast<uint32_t>(info.f_type);
  for (const FileSystem& known : kFileSystems) {
    if (known.magic != magic) continue;
    checkup.file_system = known.name;
    checkup.is_remote = known.is_remote;
  }
}

int64_t BytesAt(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 ? int64_t{info.st_size} : 0;
}

void LookAtFiles(const std::string& path, Checkup& checkup) {
  const std::string real = RealPath(path);
  checkup.file_bytes = BytesAt(real);
  checkup.wal_bytes = BytesAt(absl::StrCat(real, "-wal"));
  checkup.disk = DiskSpaceOf(real);
  if (checkup.disk.has_value()) checkup.reserve = ReserveOf(*checkup.disk);
  checkup.place = CheckPlace(path);
  struct stat info;
  if (stat(real.c_str(), &info) == 0) {
    checkup.mode = info.st_mode & 07777;
    checkup.is_own = info.st_uid == geteuid();
    checkup.owner = UserName(info.st_uid);
  }
  checkup.foreign_companions = ForeignCompanions(path);
  checkup.leftovers = TemporaryFile::CountLeftovers(DirectoryOf(path));
  for (const int64_t pid : LockHolderPids(path)) {
    const ProcessFacts process = LookAtProcess(pid);
    checkup.holders.push_back({.pid = pid,
                               .text = process.text,
                               .program = process.name,
                               .stopped = process.is_stopped});
  }
}

absl::Status QuickCheck(sqlite::Database& db, absl::Time deadline) {
  static constexpr char kQuickCheckSql[] = "PRAGMA quick_check(1)";
  sqlite3_progress_handler(
      db.handle(), kInstructionsPerLook,
      [](void* at) {
        return absl::Now() > *static_cast<const absl::Time*>(at) ? 1 : 0;
      },
      &deadline);
  std::string found;
  absl::Status status;
  {
    sqlite::Query query(db, kQuickCheckSql);
    if (query.Next()) found = query.Text(0);
    status = query.status();
  }
  sqlite3_progress_handler(db.handle(), 0, nullptr, nullptr);
  RETURN_IF_ERROR(status);
  if (found != "ok") return absl::DataLossError(found);
  return db.CheckUnchanged();
}

absl::Status LookInside(const std::string& path, absl::Time deadline,
                        Checkup& checkup) {
  static constexpr char kVersionSql[] = "PRAGMA user_version";
  static constexpr char kPageSql[] = "PRAGMA page_size";
  static constexpr char kPagesSql[] = "PRAGMA page_count";
  static constexpr char kFreeSql[] = "PRAGMA freelist_count";
  ASSIGN_OR_RETURN(const auto db, OpenForReading(path));
  struct Number {
    const char* sql;
    int64_t Checkup::*field;
  };
  for (const Number& number : {Number{kVersionSql, &Checkup::schema_version},
                               Number{kPageSql, &Checkup::page_bytes},
                               Number{kPagesSql, &Checkup::pages},
                               Number{kFreeSql, &Checkup::free_pages}}) {
    ASSIGN_OR_RETURN(const auto found, db->Find(number.sql));
    checkup.*number.field = found.value_or(0);
  }
  checkup.integrity = QuickCheck(*db, deadline);
  return absl::OkStatus();
}

}  // namespace

Checkup CheckUp(const std::string& path, absl::Duration patience) {
  Checkup checkup;
  checkup.newest_schema_version = static_cast<int64_t>(Migrations().size());
  LookAtFileSystem(path, checkup);
  LookAtFiles(path, checkup);
  checkup.is_held = FileLock::IsHeld(path);
  checkup.opens = LookInside(path, absl::Now() + patience, checkup);
  return checkup;
}

}  // namespace fathom::server
