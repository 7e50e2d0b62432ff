#ifndef FATHOM_SERVER_STORE_FILES_TEMPORARY_FILE_H_
#define FATHOM_SERVER_STORE_FILES_TEMPORARY_FILE_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace fathom::server {

// A new, empty file for a copy of a ledger, `fathom-backup-XXXXXX`, that goes
// with everything SQLite puts beside it. A process that is killed leaves it
// behind; its lock on the file, which nobody else has, goes with the process,
// and so the next one knows.
//
// Not thread-safe.
class TemporaryFile {
 public:
  // RESOURCE_EXHAUSTED when the disk is full, INTERNAL when it cannot be made.
  static absl::StatusOr<std::unique_ptr<TemporaryFile>> Create(
      const std::string& directory);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // Removes the files in `directory` that were left behind by this user.
  // Returns how many.
  static int RemoveLeftovers(const std::string& directory);

  const std::string& path() const { return path_; }
  // For reading. One descriptor for all: closing another would take SQLite's
  // locks on the file.
  int fd() const { return fd_; }
  // What errno says of the file.
  absl::Status Error(int error) const;

 private:
  TemporaryFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  const std::string path_;
  const int fd_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_FILES_TEMPORARY_FILE_H_
