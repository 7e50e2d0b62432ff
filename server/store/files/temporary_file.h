#ifndef FATHOM_SERVER_STORE_FILES_TEMPORARY_FILE_H_
#define FATHOM_SERVER_STORE_FILES_TEMPORARY_FILE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fathom::server {

// A new, empty file `fathom-backup-XXXXXX` for a copy of a ledger. The
// destructor removes it with everything that SQLite puts beside it. A process
// that is killed leaves the file behind, but its lock on the file ends with the
// process; RemoveLeftovers recognizes such files by that.
//
// Not thread-safe.
class TemporaryFile {
 public:
  // Creates a file in `directory`. RESOURCE_EXHAUSTED when the disk is full,
  // INTERNAL when the file cannot be created for another reason.
  static absl::StatusOr<std::unique_ptr<TemporaryFile>> Create(
      const std::string& directory);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // Removes the files in `directory` that processes of this user left behind.
  // Returns their number.
  static int RemoveLeftovers(const std::string& directory);
  // Returns their number, and leaves them.
  static int CountLeftovers(const std::string& directory);

  const std::string& path() const { return path_; }
  // Returns the descriptor for reading. There must be no other one, as closing
  // it would release SQLite's locks on the file.
  int fd() const { return fd_; }
  // Returns the status for the errno `error` of an operation on the file.
  absl::Status Error(int error) const;

 private:
  TemporaryFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  const std::string path_;
  const int fd_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_TEMPORARY_FILE_H_
