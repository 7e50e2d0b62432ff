#ifndef FATHOM_WORKER_SESSION_MAILBOX_H_
#define FATHOM_WORKER_SESSION_MAILBOX_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.pb.h"
#include "worker/session/pulse.h"
#include "worker/session/spool.h"
#include "worker/session/steady.h"

namespace fathom::worker {

// What passes between the slots (compute threads) and the stream of a worker.
// Keeps every report until the coordinator has acknowledged it, so that broken
// connections lose nothing: up to a bound in memory, then up to another in a
// file, so that slots go on while the coordinator is away. When both are full,
// the slots wait.
//
// This class is thread-safe.
class Mailbox {
 public:
  // Keeps `max_bytes` of reports in memory, more in `spool`.
  Mailbox(int slots, int64_t max_bytes, std::unique_ptr<Spool> spool = nullptr);

  // --- For slots ---

  // Asks for up to `trials` trials and waits for a lease. Null once stopping.
  std::shared_ptr<HeldLease> WaitForLease(int slot, int trials);

  // Queues a report, unless its lease was dropped. Waits while the mailbox is
  // full.
  void PutReport(v1::Report report);

  // The slot is done with the lease. Gives back what it has not finished,
  // unless the coordinator itself dropped the lease. `declined` says why this
  // worker cannot run its sweep; empty: it can.
  void EndLease(const HeldLease& lease, bool finished,
                const std::string& declined = "");

  // Waits for `duration`. False as soon as the worker is stopping.
  bool SleepUnlessStopping(absl::Duration duration);

  // The slot's thread ends.
  void SlotEnded();

  // --- For the stream ---

  // A connection begins: returns the leases to name in Hello. Until Welcome
  // comes nothing else is sent; when it has not come by `welcome_due`, the
  // connection counts as broken.
  std::vector<int64_t> BeginConnection(SteadyTime welcome_due);
  void OnMessage(const v1::CoordinatorMessage& message);
  void OnBroken();
  // After OnBroken: it ended in good order. Each side has heard the other out.
  void OnEnded();

  // Waits for the next message to send, heartbeats apart. Nothing when the
  // connection is broken or nothing is left to do.
  std::optional<v1::WorkerMessage> NextMessage();

  // Waits until a heartbeat is due. Nothing when the connection is broken or
  // after StopHeartbeats. Neither slots nor the disk of the spool delay it.
  std::optional<v1::WorkerMessage> NextHeartbeat() { return pulse_.Next(); }
  void StopHeartbeats() { pulse_.Stop(); }

  // --- For the owner ---

  // Takes no more leases: slots end with what they have.
  void Drain();
  bool draining() const;
  // Stops the slots; what they have not finished is given back.
  void Stop();
  bool stopping() const;
  // Whether all slots have ended, everything is acknowledged, and no lease can
  // be open that has not come: after a demand on a connection that broke, that
  // takes another Hello.
  bool finished() const;
  // The same, but for that Hello.
  bool handed_over() const;

 private:
  // A sequenced message that is not acknowledged.
  struct Queued {
    int64_t sequence = 0;
    int64_t bytes = 0;
    int64_t lease_id = 0;       // That it is about.
    bool is_report = false;     // Else it hands the lease back.
    v1::WorkerMessage message;  // Unless it is in the spool.
    int64_t offset = -1;        // In the spool; -1: it is not.
  };
  struct Slot {
    int wanted = 0;         // Trials wanted; 0: not waiting.
    bool demanded = false;  // On this connection, and not answered.
    std::shared_ptr<HeldLease> granted;
  };

  void Drop(int64_t lease_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Grant(const v1::Lease& lease) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Queue(v1::WorkerMessage message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Returns the message again. When the spool cannot be read, what it held is
  // lost: then the one that takes its place hands the lease back, so that its
  // trials are trained again, and nobody works on it any more.
  v1::WorkerMessage Recall(Queued& queued)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(const Queued& queued) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Finished() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool HandedOver() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool HasMessage() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const int64_t max_bytes_;
  Pulse pulse_;
  mutable absl::Mutex mutex_;
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  int running_slots_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, std::shared_ptr<HeldLease>> leases_ ABSL_GUARDED_BY(mutex_);
  // Sequenced messages that are not acknowledged, oldest first; those before
  // `unsent_` have been sent on this connection.
  std::deque<Queued> outbox_ ABSL_GUARDED_BY(mutex_);
  const std::unique_ptr<Spool> spool_ ABSL_PT_GUARDED_BY(mutex_);
  size_t unsent_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t memory_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 1;
  bool welcomed_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool said_leaving_ ABSL_GUARDED_BY(mutex_) = false;  // On this connection.
  // A connection broke with a demand on its way, and none began since.
  bool owes_hello_ ABSL_GUARDED_BY(mutex_) = false;
  SteadyTime welcome_due_ ABSL_GUARDED_BY(mutex_);
  SteadyFlag stop_;      // Up when stopping_.
  SteadyFlag answered_;  // Up when welcomed_, broken_ or finished.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_MAILBOX_H_
