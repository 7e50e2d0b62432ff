#ifndef FATHOM_SERVER_API_SPACE_CACHE_H_
#define FATHOM_SERVER_API_SPACE_CACHE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/shared/status.h"
#include "proto/sweep/space.h"

namespace fathom::server {

// Keeps the spaces of the sweeps whose trials were asked for last. Making a
// space takes time proportional to the length of the spec, and the spec of a
// sweep never changes.
//
// This class is thread-safe.
class SpaceCache {
 public:
  // Returns the space of the sweep. The errors are those of Space::FromStored.
  absl::StatusOr<std::shared_ptr<const Space>> Get(const v1::Sweep& sweep) {
    // The space is made under the lock, so that several callers who ask for the
    // same space make it once.
    absl::MutexLock lock(&mutex_);
    for (auto it = spaces_.begin(); it != spaces_.end(); ++it) {
      if (it->first != sweep.sweep_id()) continue;
      spaces_.splice(spaces_.begin(), spaces_, it);
      return it->second;
    }
    ASSIGN_OR_RETURN(Space space, Space::FromStored(sweep.spec()));
    spaces_.emplace_front(sweep.sweep_id(),
                          std::make_shared<const Space>(std::move(space)));
    if (spaces_.size() > kKept) spaces_.pop_back();
    return spaces_.front().second;
  }

 private:
  static constexpr size_t kKept = 16;

  absl::Mutex mutex_;
  std::list<std::pair<int64_t, std::shared_ptr<const Space>>> spaces_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_SPACE_CACHE_H_
