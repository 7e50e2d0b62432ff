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

// Notices when the files of an open ledger are no longer those that its path
// names: they were moved, removed, replaced, given a second name, cut short or
// written over. SQLite would continue to write to the files that it has opened,
// and nobody would ever find those rows.
//
// Identifies the files by device and inode, and reads them only through the
// connection: see file_lock.h. Not thread-safe: to be used on the thread of
// `db`, which must outlive this object.
class FileWatch {
 public:
  // The files that are in place now count as the right ones.
  explicit FileWatch(sqlite::Database& db);

  // Returns OK while the right files are in place and intact, otherwise
  // DATA_LOSS with what has happened and what to do. When the content of a file
  // is wrong, SQLite is told not to write its log into the ledger on closing,
  // which would do harm. To be called between transactions; takes some
  // microseconds.
  absl::Status Check();

 private:
  using FileId = std::pair<dev_t, ino_t>;
  struct File {
    std::string path;
    FileId id;
  };

  // Checks that the paths still name the same files.
  absl::Status CheckNames() const;
  // Checks that SQLite's write-ahead log holds what its index says it holds.
  absl::Status CheckLog();
  // Checks that the first page is still that of a database in WAL mode, and is
  // not older than before.
  absl::Status CheckFirstPage();

  sqlite::Database& db_;
  std::vector<File> files_;  // The ledger's file comes first.
  uint32_t changes_ = 0;     // The last seen counter of the first page.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_FILE_WATCH_H_
