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

// A lease in the hands of a slot.
struct HeldLease {
  v1::Lease lease;
  std::atomic<bool> dropped = false;  // Stop working on it, now.
  std::atomic<int64_t> steps = 0;     // Updates taken, for heartbeats.
};

// When the next heartbeat is due, and what it says. Has a mutex of its own,
// which nobody holds while a disk, a slot or a stream is waited for, so that a
// thread of its own can send heartbeats whatever the others wait for.
//
// This class is thread-safe.
class Pulse {
 public:
  void Add(std::shared_ptr<const HeldLease> lease);
  void Remove(int64_t lease_id);

  // A connection begins: the heart rests until Start.
  void Rest();
  // Heartbeats are due every `period` from now on.
  void Start(absl::Duration period);
  // None is due any more on this connection.
  void Stop();

  // Waits until one is due and returns it; nothing after Stop.
  std::optional<v1::WorkerMessage> Next();

 private:
  // Guards all below.
  std::mutex mutex_;
  std::condition_variable changed_;  // Of started_ and stopped_.
  std::map<int64_t, std::shared_ptr<const HeldLease>> leases_;
  bool started_ = false;
  bool stopped_ = false;
  absl::Duration period_;
  SteadyTime due_;
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_PULSE_H_
