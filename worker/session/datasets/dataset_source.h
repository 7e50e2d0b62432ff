#ifndef FATHOM_WORKER_SESSION_DATASETS_DATASET_SOURCE_H_
#define FATHOM_WORKER_SESSION_DATASETS_DATASET_SOURCE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "worker/session/datasets/dataset_part.h"

namespace fathom::worker {

// Where datasets can be fetched from: the coordinator, or a mirror that the
// owner of the worker named. What a source sends is not trusted.
//
// Thread-safe.
class DatasetSource {
 public:
  virtual ~DatasetSource() = default;

  // A name for people, such as "the coordinator".
  virtual std::string name() const = 0;

  // Appends to `part` what it lacks of the dataset of `digest`, for as long as
  // bytes arrive. A source that can only begin anew restarts the part. OK when
  // the source has no more bytes. NOT_FOUND when it does not have the dataset,
  // DATA_LOSS when its bytes are those of no dataset, CANCELLED once
  // `keep_going` has returned false, or the error of storing the bytes, which
  // `part` then has, too. After other errors what has come is kept.
  virtual absl::Status Fetch(const std::string& digest, DatasetPart& part,
                             const std::function<bool()>& keep_going) = 0;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_DATASETS_DATASET_SOURCE_H_
