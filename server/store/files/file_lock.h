#ifndef FATHOM_SERVER_STORE_FILES_FILE_LOCK_H_
#define FATHOM_SERVER_STORE_FILES_FILE_LOCK_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace fathom::server {

// Keeps every other Ledger, in this process or another, away from a file for as
// long as it lives. Readers are not kept out. The kernel ends the lock with the
// process, however that dies.
//
// SQLite guards the file with POSIX record locks, and those have a trap: when a
// process closes *any* descriptor of a file, it loses all its record locks on
// it, those of SQLite included. Hence
//  - the lock is a flock() on the database itself, which record locks do not
//    see; its descriptor is opened before the SQLite connection and must be
//    closed after it: declare the FileLock before the Database;
//  - a file that this process has locked already is recognized by device and
//    inode, without opening it.
class FileLock {
 public:
  // Creates the file, empty, when there is none. ALREADY_EXISTS when the file
  // is locked, NOT_FOUND without its directory, INTERNAL when it may not be
  // opened for writing.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(
      const std::string& path);

  // Whether a Ledger, in this process or another, has the file; true as well
  // when that cannot be told. Takes the lock for an instant, beside which
  // others can do the same; Acquire tries again after such an instant. Keeps a
  // descriptor of the file for the rest of the process: see above for what
  // closing it would do.
  static bool IsHeld(const std::string& path);

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  using FileId = std::pair<dev_t, ino_t>;

  FileLock(int fd, FileId id) : fd_(fd), id_(id) {}

  const int fd_;
  const FileId id_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_FILE_LOCK_H_
