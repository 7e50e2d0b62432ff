#ifndef FATHOM_SERVER_API_TRANSFERS_H_
#define FATHOM_SERVER_API_TRANSFERS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "proto/shared/clock.h"
#include "server/limits.h"

namespace fathom::server {

// How long the other end of a transfer may still keep us waiting: its patience,
// of which waiting takes and bytes that move give back, up to all of it. Who
// moves at least the least rate has it for ever; a burst earns no long pause.
class Patience {
 public:
  struct Limits {
    double least_rate = kLeastBytesPerSecond;
    absl::Duration most = absl::Seconds(kTransferPatienceSeconds);
  };

  explicit Patience(const Limits& limits)
      : limits_(limits), left_(limits.most) {}

  absl::Duration left() const { return left_; }
  // `bytes` moved after so long a wait.
  void Move(int64_t bytes, absl::Duration waited);
  // What becomes of who has none left.
  absl::Status TooSlow() const;

 private:
  Limits limits_;
  absl::Duration left_;
};

// The bulk transfers of one direction that are under way: so many at a time, so
// many of one caller, and none that keeps its place without getting on. Who is
// waited for is charged, not who waits for us.
//
// This class is thread-safe.
class Transfers {
 public:
  struct Limits {
    int places = 0;
    int places_per_name = 0;
    Patience::Limits patience = {};
  };
  // Names a transfer.
  using Place = uint64_t;
  // Ends a transfer; may be called when it has ended already.
  using End = std::function<void(const absl::Status&)>;

  Transfers(const Limits& limits, Clock clock)
      : limits_(limits), clock_(std::move(clock)) {}

  // Gives a transfer of `name` a place; an empty name is nobody's. `end` is
  // called, without a lock, when it is too slow. RESOURCE_EXHAUSTED when there
  // is no place.
  absl::StatusOr<Place> Enter(const std::string& name, End end);

  // From now on the other end is waited for; until it has moved `bytes`.
  void Wait(Place place);
  void Move(Place place, int64_t bytes);

  // Ends a transfer; harmless to repeat.
  void Leave(Place place);

  // Ends those that are too slow. To be called about once a second.
  void EndSlow();

 private:
  struct Transfer {
    std::string name;
    End end;
    Patience patience;
    absl::Time waiting_since = absl::InfiniteFuture();  // Not waited for.
  };

  const Limits limits_;
  const Clock clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<Place, Transfer> transfers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int> places_of_ ABSL_GUARDED_BY(mutex_);
  Place next_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_TRANSFERS_H_
