#ifndef FATHOM_WORKER_SESSION_DATASETS_DATASET_FETCHER_H_
#define FATHOM_WORKER_SESSION_DATASETS_DATASET_FETCHER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "proto/dataset/dataset.h"
#include "worker/session/datasets/dataset_folder.h"
#include "worker/session/datasets/dataset_part.h"
#include "worker/session/datasets/dataset_source.h"

namespace fathom::worker {

// Where a worker keeps datasets, and where it gets them from besides its
// coordinator.
struct DatasetOptions {
  // The folder for later runs and other workers of the machine, see
  // DatasetFolder; empty for none.
  std::string cache_dir = {};
  int64_t cache_bytes = int64_t{10} << 30;
  // Asked in this order, and all before the coordinator.
  std::vector<std::shared_ptr<DatasetSource>> mirrors = {};
};

// Gets datasets from the folder, or else from one source after the other: each
// goes on where the one before it ended. With a folder, the bytes are never in
// memory as a whole, only the dataset is. A folder that cannot be used costs
// memory and time, and a warning.
//
// This class is thread-safe.
class DatasetFetcher {
 public:
  // `coordinator` is the last source.
  DatasetFetcher(DatasetOptions options,
                 std::unique_ptr<DatasetSource> coordinator);

  // Returns the dataset of `digest`, a valid one; its content is checked.
  // FAILED_PRECONDITION when this worker cannot get it, CANCELLED once
  // `keep_going` has returned false. Other errors may pass; the next call then
  // goes on with the bytes that have arrived.
  absl::StatusOr<Dataset> Get(const std::string& digest,
                              const std::function<bool()>& keep_going);

 private:
  using KeepGoing = std::function<bool()>;

  // Gets the dataset by way of the folder. With `usable` set to false, the
  // error says why the folder cannot be used.
  absl::StatusOr<Dataset> GetByFolder(const std::string& digest,
                                      const KeepGoing& keep_going,
                                      bool& usable);
  absl::StatusOr<Dataset> GetByMemory(const std::string& digest,
                                      const KeepGoing& keep_going);
  // Asks one source after the other for what `part` lacks, and decodes it.
  // FAILED_PRECONDITION instead of DATA_LOSS.
  absl::StatusOr<Dataset> AskAll(const std::string& digest, DatasetPart& part,
                                 const KeepGoing& keep_going);
  // Asks one source. When the whole is wrong, the bytes from before may be at
  // fault, and the source is asked once more for everything.
  absl::StatusOr<Dataset> Ask(DatasetSource& source, const std::string& digest,
                              DatasetPart& part, const KeepGoing& keep_going);

  std::vector<std::shared_ptr<DatasetSource>> sources_;
  std::optional<DatasetFolder> folder_;

  absl::Mutex mutex_;
  // What had arrived in memory when fetching it failed, and its digest. It is
  // one, so that its memory is free for the dataset that is fetched next.
  std::pair<std::string, std::unique_ptr<MemoryPart>> partial_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_DATASETS_DATASET_FETCHER_H_
