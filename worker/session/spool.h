#ifndef FATHOM_WORKER_SESSION_SPOOL_H_
#define FATHOM_WORKER_SESSION_SPOOL_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fathom::worker {

// Keeps strings on disk that do not fit into memory, first in, first out. The
// file has no name and vanishes with the process. Its space is used again once
// everything in it has been released.
//
// Not thread-safe.
class Spool {
 public:
  // Keeps about `max_bytes` at most in a file in `directory`, which is created
  // when the first string is appended. With 0 bytes nothing fits.
  Spool(std::string directory, int64_t max_bytes)
      : directory_(std::move(directory)), max_bytes_(max_bytes) {}
  virtual ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Whether a string may still be appended: there is room, and the disk has not
  // refused a string since the spool was last empty.
  bool HasRoom() const { return !refused_ && end_ < max_bytes_; }

  // Appends a string and returns its offset. RESOURCE_EXHAUSTED without room or
  // when the disk is full, INTERNAL when the file cannot be written; the string
  // is then not appended.
  virtual absl::StatusOr<int64_t> Append(absl::string_view bytes);

  // Returns the `size` bytes at `offset`. INTERNAL when they cannot be read.
  virtual absl::StatusOr<std::string> Read(int64_t offset, int64_t size) const;

  // Says that the oldest `size` bytes are not needed any more.
  void Release(int64_t size);

 private:
  // Writes `bytes` after the end of what is kept; creates the file if need be.
  absl::Status Write(absl::string_view bytes);

  const std::string directory_;
  const int64_t max_bytes_;
  int fd_ = -1;
  int64_t end_ = 0;   // End of what is kept in the file.
  int64_t live_ = 0;  // Bytes not released.
  bool refused_ = false;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_SPOOL_H_
