#ifndef FATHOM_WORKER_SESSION_DATASETS_DATASET_PART_H_
#define FATHOM_WORKER_SESSION_DATASETS_DATASET_PART_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proto/dataset/dataset.h"

namespace fathom::worker {

// Reads up to `most` bytes of a dataset from `offset` on into `to`. Returns how
// many there were; 0 at the end.
using ReadAt = std::function<absl::StatusOr<size_t>(int64_t offset, char* to,
                                                    size_t most)>;

// Decodes the `size` bytes that `read` reads, piece by piece. DATA_LOSS when
// they are not the canonical bytes of the dataset of that digest, CANCELLED
// once `keep_going` has returned false; also the errors of `read`.
absl::StatusOr<Dataset> DecodeChecked(const ReadAt& read, int64_t size,
                                      const std::string& digest,
                                      const std::function<bool()>& keep_going);

// The first bytes of a dataset that is being fetched. Whoever sends them cannot
// make it grow beyond what the header of the dataset says, nor beyond
// kMaxDatasetBytes; the rest is checked by Decode. Where the bytes are kept is
// the matter of derived classes.
//
// Not thread-safe.
class DatasetPart {
 public:
  virtual ~DatasetPart() = default;
  DatasetPart(const DatasetPart&) = delete;
  DatasetPart& operator=(const DatasetPart&) = delete;

  // Returns how many bytes have come, and how many the dataset has; 0 while
  // its header is not there.
  int64_t size() const { return size_; }
  int64_t total() const { return total_; }
  bool complete() const { return total_ > 0 && size_ == total_; }

  // Takes the next bytes. DATA_LOSS when they cannot belong to a dataset; then
  // none of them count. Other errors are of storing them, and storage() returns
  // them from then on.
  absl::Status Append(absl::string_view bytes);
  // Forgets all bytes.
  absl::Status Restart();

  // Returns why bytes could not be stored, or OK.
  const absl::Status& storage() const { return storage_; }

  // Returns the dataset of the bytes; see DecodeChecked.
  absl::StatusOr<Dataset> Decode(const std::string& digest,
                                 const std::function<bool()>& keep_going);

 protected:
  DatasetPart() = default;
  // Goes on with the `size` bytes that are stored already, if they are the
  // begin of a dataset; otherwise begins anew. To be called first.
  absl::Status Resume(int64_t size);

  // These store bytes behind the `offset` bytes that are there, read some of
  // them, and drop all.
  virtual absl::Status Store(int64_t offset, absl::string_view bytes) = 0;
  virtual absl::StatusOr<size_t> Read(int64_t offset, char* to,
                                      size_t most) = 0;
  virtual absl::Status Clear() = 0;
  // Called when it is known that `bytes` more bytes are to come.
  virtual void Expect(int64_t bytes) = 0;

 private:
  // Takes what `bytes` has of the header, and reads it once it is complete.
  absl::Status TakeHeader(absl::string_view bytes);

  int64_t size_ = 0;
  int64_t total_ = 0;
  std::string header_;
  absl::Status storage_;
};

// Keeps the bytes in memory.
class MemoryPart final : public DatasetPart {
 private:
  absl::Status Store(int64_t offset, absl::string_view bytes) override;
  absl::StatusOr<size_t> Read(int64_t offset, char* to, size_t most) override;
  absl::Status Clear() override;
  void Expect(int64_t bytes) override;

  std::string bytes_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_DATASETS_DATASET_PART_H_
