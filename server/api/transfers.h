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

// How long the other end of a transfer may still keep us waiting: its patience.
// Waiting uses it up, and bytes that move restore it at `least_rate`, up to
// `most`. An end that moves data at the least rate or faster never runs out of
// patience, but a burst does not earn a long pause.
class Patience {
 public:
  struct Limits {
    double least_rate = kLeastBytesPerSecond;
    absl::Duration most = absl::Seconds(kTransferPatienceSeconds);
  };

  explicit Patience(const Limits& limits)
      : limits_(limits), left_(limits.most) {}

  // Returns how long the next wait may be.
  absl::Duration left() const { return left_; }
  // Notes that `bytes` bytes have moved after a wait of `waited`.
  void Move(int64_t bytes, absl::Duration waited);
  // Returns the error of a transfer whose patience is used up.
  absl::Status TooSlow() const;

 private:
  Limits limits_;
  absl::Duration left_;
};

// The bulk transfers of one direction that are under way. It limits their
// number, in total and for each caller, and ends those that keep their place
// without moving data. Only the time in which we wait for the other end counts,
// not the time in which the other end waits for us.
//
// This class is thread-safe.
class Transfers {
 public:
  struct Limits {
    int places = 0;
    int places_per_name = 0;
    Patience::Limits patience = {};
  };
  // Identifies a transfer. 0 is none.
  using Place = uint64_t;
  // Ends a transfer. It may be called after the transfer has ended.
  using End = std::function<void(const absl::Status&)>;

  Transfers(const Limits& limits, Clock clock)
      : limits_(limits), clock_(std::move(clock)) {}

  // Gives a transfer of the caller `name` a place; the empty name has no limit
  // of its own. `end` is called, without a lock held, when the transfer is too
  // slow. RESOURCE_EXHAUSTED when there is no place.
  absl::StatusOr<Place> Enter(const std::string& name, End end);

  // Wait says that we wait for the other end from now on; Move says that the
  // wait is over and `bytes` bytes have moved.
  void Wait(Place place);
  void Move(Place place, int64_t bytes);

  // How many transfers are under way, and how many bytes have moved in this and
  // in former ones.
  struct Load {
    int64_t open = 0;
    int64_t bytes = 0;
  };
  Load load() const;

  // Frees the place of a transfer. Another call has no effect.
  void Leave(Place place);

  // Ends the transfers that are too slow. To be called about once a second.
  void EndSlow();

 private:
  struct Transfer {
    std::string name;
    End end;
    Patience patience;
    // InfiniteFuture while we do not wait.
    absl::Time waiting_since = absl::InfiniteFuture();
  };

  const Limits limits_;
  const Clock clock_;
  mutable absl::Mutex mutex_;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Place, Transfer> transfers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int> places_of_ ABSL_GUARDED_BY(mutex_);
  Place next_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_API_TRANSFERS_H_
