#ifndef FATHOM_WORKER_SESSION_DATASETS_DATASET_FOLDER_H_
#define FATHOM_WORKER_SESSION_DATASETS_DATASET_FOLDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/dataset/dataset.h"
#include "worker/session/datasets/dataset_part.h"

namespace fathom::worker {

// The folder in which the workers of a machine keep the datasets that they have
// fetched. A dataset is a file of its canonical bytes with the name of its
// digest, 64 hex digits; what has arrived of another is in a file with ".part"
// behind that name. Whoever fetches holds a lock on that file (flock), so that
// no two processes fetch the same dataset at once; the system frees the lock of
// a process that dies, and the next one goes on with what has arrived. The
// digest is checked at every use. Other files are left alone.
//
// This class is thread-safe.
class DatasetFolder {
 public:
  // Keeps at most `most_bytes` bytes, and always the dataset used last.
  DatasetFolder(std::string path, int64_t most_bytes)
      : path_(std::move(path)), most_bytes_(most_bytes) {}

  const std::string& path() const { return path_; }

  // Returns the dataset of `digest`, a valid one, and notes that it was used.
  // NOT_FOUND when it is not here; a file whose content is not what its name
  // says is removed. CANCELLED once `keep_going` has returned false.
  absl::StatusOr<Dataset> Load(const std::string& digest,
                               const std::function<bool()>& keep_going);

  // What has arrived of a dataset, for its only owner. The destructor keeps
  // it for the next one.
  class Part : public DatasetPart {
   public:
    // Gives the complete file the name of its dataset, and drops others if
    // they have too many bytes.
    virtual absl::Status Publish() = 0;
  };
  // Waits until nobody else fetches the dataset, and returns what has arrived.
  // CANCELLED once `keep_going` has returned false; other errors say why the
  // folder cannot be used.
  absl::StatusOr<std::unique_ptr<Part>> Claim(
      const std::string& digest, const std::function<bool()>& keep_going);

  // Removes the files used longest ago until `bytes` more have room, but not
  // the one named `kept` nor those that are being fetched.
  void MakeRoom(int64_t bytes, const std::string& kept);

 private:
  const std::string path_;
  const int64_t most_bytes_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_DATASETS_DATASET_FOLDER_H_
