#include "server/store/files/file_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/shared/status.h"
#include "server/store/files/file_facts.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

// From "WAL-mode File Format" in SQLite's documentation: sizes in the log, and
// the header of its index, which is kept in shared memory (the file -shm).
constexpr int64_t kLogHeaderBytes = 32;
constexpr int64_t kFrameHeaderBytes = 24;
constexpr int kIndexBytes = 32768;
constexpr int kLogSaltOffset = 16;
struct IndexHeader {
  uint32_t version, unused, change;
  uint8_t initialized, big_endian;
  uint16_t page_bytes;  // 1 stands for 65536.
  uint32_t frames, pages;
  std::array<uint32_t, 2> frame_checksum;
  std::array<uint8_t, 8> salt;
  std::array<uint32_t, 2> checksum;
};
static_assert(sizeof(IndexHeader) == 48);

// From "Database File Format": the begin of the first page of a database, the
// bytes that tell its mode, and its counter of changes.
constexpr int kFirstPageBytes = 100;
constexpr absl::string_view kMagic("SQLite format 3\0", 16);
constexpr int kWriteVersionOffset = 18;
constexpr int kReadVersionOffset = 19;
constexpr uint8_t kWalVersion = 2;
constexpr int kChangesOffset = 24;

absl::Status Broken(const std::string& path, absl::string_view what,
                    absl::string_view advice) {
  return absl::DataLossError(absl::StrCat(
      path, ": ", what, " while it was in use. Nothing more is acknowledged. ",
      advice));
}

sqlite3_file* FileOf(sqlite3* db, int which) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", which, &file);
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

// Whether the database is in files of the file system, not in memory.
bool IsOnFileSystem(sqlite3* db) {
  sqlite3_vfs* vfs = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
  return vfs != nullptr && absl::string_view(vfs->zName).substr(0, 4) == "unix";
}

uint32_t BigEndian(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 |
         uint32_t{bytes[2]} << 8 | bytes[3];
}

// Reads the current header of the index. Returns false while it is being
// written.
bool ReadIndexHeader(const volatile void* memory, IndexHeader* header) {
  std::array<IndexHeader, 2> both;
  auto* bytes = reinterpret_cast<unsigned char*>(both.data());
  for (size_t i = 0; i < sizeof(both); ++i) {
    bytes[i] = static_cast<const volatile unsigned char*>(memory)[i];
  }
  if (std::memcmp(&both[0], &both[1], sizeof(IndexHeader)) != 0) return false;
  *header = both[0];
  return header->initialized != 0;
}

}  // namespace

FileWatch::FileWatch(sqlite::Database& db) : db_(db) {
  if (!IsOnFileSystem(db.handle())) return;
  // The path of the ledger stays as it was given, so that a link that is turned
  // to another file counts as a replacement.
  const std::string real = RealPath(db.path());
  std::vector<std::string> paths = {db.path()};
  for (const absl::string_view companion : kCompanions) {
    paths.push_back(absl::StrCat(real, companion));
  }
  for (const std::string& path : paths) {
    struct stat info;
    if (stat(path.c_str(), &info) != 0) continue;
    files_.push_back({path, {info.st_dev, info.st_ino}});
  }
}

absl::Status FileWatch::Check() {
  if (files_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckNames());
  absl::Status inside = CheckLog();
  if (inside.ok()) inside = CheckFirstPage();
  if (!inside.ok()) {
    // Otherwise SQLite would write the rest of the log over correct pages.
    sqlite3_db_config(db_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                      nullptr);
  }
  return inside;
}

absl::Status FileWatch::CheckNames() const {
  const std::string& ledger = files_[0].path;
  for (const File& file : files_) {
    struct stat info;
    const bool is_ledger = &file == &files_[0];
    const char* advice =
        is_ledger
            ? "If it was moved, move it back: its newest rows are in the file "
              "-wal beside its old place. If it was replaced, decide which of "
              "the two is to go on, and start again."
            : "The ledger itself is in place, and what was in that file is "
              "written to it now, so that nothing acknowledged is lost. Leave "
              "the files beside a ledger alone, and start again.";
    if (stat(file.path.c_str(), &info) != 0) {
      return Broken(file.path,
                    errno == ENOENT || errno == ENOTDIR
                        ? "this file was removed or moved"
                        : absl::StrCat("this file cannot be reached (",
                                       std::strerror(errno), ")"),
                    advice);
    }
    if (FileId{info.st_dev, info.st_ino} != file.id) {
      return Broken(file.path, "this file was replaced by another one", advice);
    }
    if (info.st_nlink > 1) {
      return Broken(ledger,
                    absl::StrCat(is_ledger ? "this file" : file.path,
                                 " was given a second name (a hard link)"),
                    "Under that name its newest rows would be missing. Remove "
                    "one of the names, and start again; a copy is made with "
                    "`fathom backup`.");
    }
  }
  return absl::OkStatus();
}

absl::Status FileWatch::CheckLog() {
  sqlite3_file* log = FileOf(db_.handle(), SQLITE_FCNTL_JOURNAL_POINTER);
  sqlite3_file* ledger = FileOf(db_.handle(), SQLITE_FCNTL_FILE_POINTER);
  if (log == nullptr || ledger == nullptr) return absl::OkStatus();
  if (ledger->pMethods->iVersion < 2) return absl::OkStatus();
  const File& index_file = files_.back();
  struct stat info;
  if (stat(index_file.path.c_str(), &info) == 0 && info.st_size < kIndexBytes) {
    return Broken(index_file.path, "this file was cut short",
                  "Leave the files beside a ledger alone, and start again.");
  }
  volatile void* memory = nullptr;
  if (ledger->pMethods->xShmMap(ledger, 0, kIndexBytes, 0, &memory) !=
          SQLITE_OK ||
      memory == nullptr) {
    return absl::OkStatus();
  }
  IndexHeader before;
  if (!ReadIndexHeader(memory, &before) || before.frames == 0) {
    return absl::OkStatus();
  }
  sqlite3_int64 size = 0;
  std::array<uint8_t, kLogHeaderBytes> header = {};
  const bool read =
      log->pMethods->xFileSize(log, &size) == SQLITE_OK &&
      log->pMethods->xRead(log, header.data(), kLogHeaderBytes, 0) == SQLITE_OK;
  // Another program may restart the log at any time, which does no harm.
  IndexHeader after;
  if (!ReadIndexHeader(memory, &after) ||
      std::memcmp(&before, &after, sizeof(IndexHeader)) != 0) {
    return absl::OkStatus();
  }
  const int64_t page = before.page_bytes == 1 ? 65536 : before.page_bytes;
  const int64_t needed =
      kLogHeaderBytes + before.frames * (kFrameHeaderBytes + page);
  const std::string path = files_[0].path + "-wal";
  constexpr char kAdvice[] =
      "Acknowledged rows were in it. Start again with the ledger as it is to "
      "go "
      "on from what is left (their trials are trained again), or with a "
      "backup.";
  if (size < needed) {
    return Broken(path,
                  absl::StrCat("this file was cut to ", size, " of ", needed,
                               " bytes or more"),
                  kAdvice);
  }
  if (!read || !std::equal(before.salt.begin(), before.salt.end(),
                           header.begin() + kLogSaltOffset)) {
    return Broken(path, "this file was written over", kAdvice);
  }
  return absl::OkStatus();
}

absl::Status FileWatch::CheckFirstPage() {
  sqlite3_file* ledger = FileOf(db_.handle(), SQLITE_FCNTL_FILE_POINTER);
  if (ledger == nullptr) return absl::OkStatus();
  std::array<unsigned char, kFirstPageBytes> page = {};
  const int code =
      ledger->pMethods->xRead(ledger, page.data(), kFirstPageBytes, 0);
  const bool is_ours = code == SQLITE_OK &&
                       std::equal(kMagic.begin(), kMagic.end(), page.begin(),
                                  [](char a, unsigned char b) {
                                    return static_cast<unsigned char>(a) == b;
                                  }) &&
                       page[kWriteVersionOffset] == kWalVersion &&
                       page[kReadVersionOffset] == kWalVersion;
  const uint32_t changes = BigEndian(&page[kChangesOffset]);
  if (is_ours && changes >= changes_) {
    changes_ = changes;
    return absl::OkStatus();
  }
  return Broken(files_[0].path, "this file was written over or cut",
                "To go on from a backup, stop the coordinator first, put the "
                "backup in the ledger's place, remove the files -wal and -shm "
                "of the old one, and start again.");
}

}  // namespace fathom::server
