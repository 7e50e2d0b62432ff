#ifndef FATHOM_SERVER_STORE_FILES_FILE_LOCK_H_
#define FATHOM_SERVER_STORE_FILES_FILE_LOCK_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace fathom::server {

// A lock that keeps every other Ledger, in this process or another, away from a
// file for as long as this object lives. Readers are not kept out. The kernel
// releases the lock when the process ends, however it ends.
//
// SQLite guards the file with POSIX record locks, which have a trap: when a
// process closes *any* descriptor of a file, it loses all its record locks on
// the file, including those of SQLite. Therefore:
//  - the lock is a flock() on the database itself, which record locks do not
//    see; its descriptor is opened before the SQLite connection and must be
//    closed after it: declare the FileLock before the Database;
//  - a file that this process has locked already is recognized by device and
//    inode, without opening it.
class FileLock {
 public:
  // Takes the lock; creates an empty file when there is none. ALREADY_EXISTS
  // when the file is locked, NOT_FOUND when its directory does not exist,
  // FAILED_PRECONDITION when the path is a directory, RESOURCE_EXHAUSTED when
  // the disk is full, INTERNAL when the file cannot be opened for writing for
  // another reason.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(
      const std::string& path);

  // Whether a Ledger, in this process or another, has locked the file; also
  // true when that cannot be told. Takes a shared lock for an instant, which
  // several processes can do at once; Acquire waits for such an instant to
  // pass. Keeps a descriptor of the file open for the rest of the process: see
  // above for what closing it would do.
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
