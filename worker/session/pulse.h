#ifndef FATHOM_WORKER_SESSION_PULSE_H_
#define FATHOM_WORKER_SESSION_PULSE_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/time/time.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/session/steady.h"

namespace fathom::worker {

// A lease that a slot works on.
struct HeldLease {
  v1::Lease lease;
  // Nobody wants to hear of it any more: work on it is to stop at once.
  std::atomic<bool> dropped = false;
  // The worker stops: so does work on it, which is then handed back.
  std::atomic<bool> stopping = false;
  std::atomic<int64_t> steps = 0;  // Updates taken so far.
  // It went on over a broken connection; guarded by the mailbox.
  bool resumed = false;

  // Whether work on it is to stop, for either reason.
  bool ended() const {
    return dropped.load(std::memory_order_relaxed) ||
           stopping.load(std::memory_order_relaxed);
  }
};

// Knows when the next heartbeat is due and what it says. The mutex of a pulse
// is its own, and nobody holds it while waiting for a disk, a slot or a stream,
// so that a thread of its own can send heartbeats whatever other threads wait
// for.
//
// This class is thread-safe.
class Pulse {
 public:
  // Heartbeats report the progress of `lease` from now on, until Remove.
  void Add(std::shared_ptr<const HeldLease> lease);
  void Remove(int64_t lease_id);

  // Begins a connection: no heartbeat is due until Start.
  void Rest();
  // From now on a heartbeat is due every `period`.
  void Start(absl::Duration period);
  // Ends the heartbeats of this connection.
  void Stop();

  // Waits until a heartbeat is due and returns it; returns nothing after Stop.
  std::optional<v1::WorkerMessage> Next();

 private:
  // Guards all members below.
  std::mutex mutex_;
  // Notified when started_ or stopped_ changes.
  std::condition_variable changed_;
  std::map<int64_t, std::shared_ptr<const HeldLease>> leases_;
  bool started_ = false;
  bool stopped_ = false;
  absl::Duration period_;
  SteadyTime due_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_PULSE_H_
