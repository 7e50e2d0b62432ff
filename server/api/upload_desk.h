#ifndef FATHOM_SERVER_API_UPLOAD_DESK_H_
#define FATHOM_SERVER_API_UPLOAD_DESK_H_

#include <cstdint>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "proto/shared/clock.h"

namespace fathom {

// Keeps uploads, which are held in memory until they are whole, from taking all
// of it: so many at a time, so many bytes together. One that has stalled keeps
// its place only until someone needs it.
//
// This class is thread-safe.
class UploadDesk {
 public:
  struct Limits {
    int uploads = 16;
    int64_t bytes = int64_t{4} << 30;
    // How long an upload may stall before it can lose its place.
    absl::Duration patience = absl::Seconds(60);
  };
  // Names an upload; 0 is none.
  using Place = uint64_t;

  UploadDesk(const Limits& limits, Clock clock)
      : limits_(limits), clock_(std::move(clock)) {}

  // Gives an upload a place; 0 when there is none. `cancel` is called at most
  // once and not after Leave, when the place is lost; it must not call back.
  Place Enter(absl::AnyInvocable<void()> cancel);

  // Takes `bytes` more for an upload. RESOURCE_EXHAUSTED when there is no room,
  // CANCELLED when its place is lost.
  absl::Status Take(Place place, int64_t bytes);

  // Ends an upload; harmless when its place is lost.
  void Leave(Place place);

 private:
  struct Upload {
    int64_t bytes = 0;
    absl::Time last;  // When it last got on.
    absl::AnyInvocable<void()> cancel;
  };

  // Ends those that have stalled too long, but for `except`.
  void EndStalled(Place except) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  const Clock clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<Place, Upload> uploads_ ABSL_GUARDED_BY(mutex_);
  Place next_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace fathom

#endif  // FATHOM_SERVER_API_UPLOAD_DESK_H_
