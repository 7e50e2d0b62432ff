#ifndef FATHOM_WORKER_SESSION_SPOOL_H_
#define FATHOM_WORKER_SESSION_SPOOL_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fathom::worker {

// A place on disk for strings that do not fit into memory, first in, first out.
// The file has no name and ends with the process. Its space is used again when
// everything in it has been released.
//
// Not thread-safe.
class Spool {
 public:
  // Keeps at most `max_bytes` in a file in `directory`, which is made when the
  // first string comes. 0: nothing fits.
  Spool(std::string directory, int64_t max_bytes)
      : directory_(std::move(directory)), max_bytes_(max_bytes) {}
  virtual ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Whether a string may still be appended: there is room, and the disk has
  // refused none since the spool was last empty.
  bool HasRoom() const { return !refused_ && end_ < max_bytes_; }

  // Appends and returns where. RESOURCE_EXHAUSTED without room or when the disk
  // is full, INTERNAL when it cannot be written; nothing is then appended.
  virtual absl::StatusOr<int64_t> Append(absl::string_view bytes);

  // Returns the `size` bytes at `offset`. INTERNAL when they cannot be read.
  virtual absl::StatusOr<std::string> Read(int64_t offset, int64_t size) const;

  // The oldest `size` bytes are not needed any more.
  void Release(int64_t size);

 private:
  absl::Status Write(absl::string_view bytes);

  const std::string directory_;
  const int64_t max_bytes_;
  int fd_ = -1;
  int64_t end_ = 0;   // Of what is in the file.
  int64_t live_ = 0;  // Bytes not released.
  bool refused_ = false;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_SPOOL_H_
