#ifndef FATHOM_SERVER_STORE_FILES_FILE_WATCH_H_
#define FATHOM_SERVER_STORE_FILES_FILE_WATCH_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/store/database.h"

namespace fathom::server {

// Finds out when the files of an open ledger are not those any more that its
// path names: moved, removed, replaced, given a second name, cut short or
// written over. SQLite goes on writing to what it has opened, and nobody would
// ever find those rows.
//
// Knows the files by device and inode, and looks into them only through the
// connection: see file_lock.h. Not thread-safe; belongs to the thread of `db`,
// which must outlive it.
class FileWatch {
 public:
  // Takes the files as they are now for the right ones.
  explicit FileWatch(sqlite::Database& db);

  // OK as long as the files are in place, otherwise DATA_LOSS that says what
  // has happened and what to do. Once something is wrong, SQLite is told not to
  // write its log back when that would do harm. Between transactions; takes
  // some microseconds.
  absl::Status Check();

 private:
  using FileId = std::pair<dev_t, ino_t>;
  struct File {
    std::string path;
    FileId id;
  };

  absl::Status CheckNames() const;
  // That what the log of SQLite has to hold is in it.
  absl::Status CheckLog();
  // That the first page is still that of a database in WAL mode, and no older
  // one than before.
  absl::Status CheckFirstPage();

  sqlite::Database& db_;
  std::vector<File> files_;  // The ledger first.
  uint32_t changes_ = 0;     // The counter in the first page.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_FILE_WATCH_H_
