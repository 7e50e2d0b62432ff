#ifndef FATHOM_WORKER_SESSION_STEADY_H_
#define FATHOM_WORKER_SESSION_STEADY_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

// Waiting by a clock that nobody can set. The waits of absl::Mutex go by the
// time of day: when the clock is put back by an hour, they last an hour longer,
// and a worker that sends no heartbeat for so long loses its leases.
namespace fathom::worker {

using SteadyTime = std::chrono::steady_clock::time_point;

inline SteadyTime SteadyNow() { return std::chrono::steady_clock::now(); }

// A time that never comes.
inline constexpr SteadyTime kSteadyNever = SteadyTime::max();

// Returns the time in `duration` from now, at most a hundred years.
inline SteadyTime SteadyIn(absl::Duration duration) {
  return SteadyNow() +
         absl::ToChronoNanoseconds(std::min(duration, absl::Hours(24 * 36525)));
}

// Returns the time that has passed since `start`.
inline absl::Duration SteadySince(SteadyTime start) {
  return absl::FromChrono(SteadyNow() - start);
}

// A flag that threads can wait for.
//
// This class is thread-safe.
class SteadyFlag {
 public:
  void Raise() { Set(true); }
  void Lower() { Set(false); }

  // Waits until the flag is raised; returns false when it is not by `deadline`.
  bool WaitUntil(SteadyTime deadline) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return raised_; });
  }

 private:
  void Set(bool raised) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      raised_ = raised;
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_STEADY_H_
