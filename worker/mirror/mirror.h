#ifndef FATHOM_WORKER_MIRROR_MIRROR_H_
#define FATHOM_WORKER_MIRROR_MIRROR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "worker/session/datasets/dataset_source.h"

// Places that the owner of a worker named, where datasets lie as files: the
// name is the digest of the dataset, 64 hex digits, and the content its
// canonical bytes. The folder in which a worker keeps datasets is such a place.
namespace fathom::worker {

struct MirrorOptions {
  // The authorities that certificates of https may be from, a file in PEM;
  // empty for those of the system.
  std::string ca = {};
  // A mirror over https that sends less than `least_rate` bytes per second for
  // so long is given up.
  int64_t least_rate = 1024;
  absl::Duration patience = absl::Minutes(1);
};

// Returns the mirror of that name: https://HOST/PATH, file:///PATH or a folder.
// INVALID_ARGUMENT, with what was expected, for anything else, and for a URL
// with a password, a query or a fragment. Whether anything is there is seen
// when it is asked. Not thread-safe; to be called before threads begin.
absl::StatusOr<std::shared_ptr<DatasetSource>> ReadMirror(
    const std::string& name, const MirrorOptions& options);

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_MIRROR_MIRROR_H_
