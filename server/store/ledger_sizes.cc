#include <sys/stat.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/store/database.h"
#include "server/store/files/disk_space.h"
#include "server/store/open_reader.h"
#include "server/store/reader.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

std::optional<int64_t> BytesOf(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return std::nullopt;
  return int64_t{info.st_size};
}

// Counts the pages of every connection, also those that are to be used again.
std::optional<int64_t> PageCacheBytes() {
  sqlite3_int64 bytes = 0;
  sqlite3_int64 most = 0;
  if (sqlite3_status64(SQLITE_STATUS_PAGECACHE_OVERFLOW, &bytes, &most,
                       /*resetFlag=*/0) != SQLITE_OK) {
    return std::nullopt;
  }
  return bytes;
}

// Returns the numbers in the only row of a statement.
std::optional<LedgerReader::Sizes::Stored> ReadStored(sqlite::Database& db,
                                                      const char* sql) {
  sqlite::Query query(db, sql);
  if (!query.Next()) return std::nullopt;
  return LedgerReader::Sizes::Stored{query.Int64(0), query.Int64(1)};
}

}  // namespace

LedgerReader::Sizes LedgerReader::GetSizes() const {
  static constexpr char kDatasetsSql[] =
      "SELECT COUNT(*),IFNULL(SUM(size_bytes),0) FROM datasets";
  static constexpr char kCheckpointsSql[] =
      "SELECT COUNT(*),IFNULL(SUM(bytes),0) FROM trial_checkpoints";
  static constexpr char kFreeSql[] = "PRAGMA freelist_count";
  static constexpr char kPageSql[] = "PRAGMA page_size";
  static constexpr char kDeletedSql[] = "SELECT COUNT(*) FROM deleted_sweeps";
  Sizes sizes;
  sizes.file = BytesOf(path_);
  sizes.wal = BytesOf(absl::StrCat(path_, "-wal"));
  sizes.page_cache = PageCacheBytes();
  if (const auto disk = DiskSpaceOf(path_); disk.has_value()) {
    sizes.disk_free = disk->free;
    sizes.disk_reserve = ReserveOf(*disk);
  }
  const auto db = Reopen(path_);
  if (!db.ok()) return sizes;
  sizes.datasets = ReadStored(**db, kDatasetsSql);
  sizes.checkpoints = ReadStored(**db, kCheckpointsSql);
  const auto free = (*db)->Find(kFreeSql);
  const auto page = (*db)->Find(kPageSql);
  if (free.ok() && page.ok())
    sizes.free = free->value_or(0) * page->value_or(0);
  const auto deleted = (*db)->Find(kDeletedSql);
  if (deleted.ok()) sizes.deleted_sweeps = deleted->value_or(0);
  return sizes;
}

}  // namespace fathom::server
