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
#include "worker/session/work_meter.h"

namespace fathom::worker {

// Passes messages between the slots (compute threads) of a worker and its
// stream to the coordinator. The mailbox keeps every report until the
// coordinator has acknowledged it, so that broken connections lose nothing: up
// to a bound in memory, and beyond that, up to another bound, in a file, so
// that the slots can go on while the coordinator is away. When both are full,
// the slots wait.
//
// The slots call the methods from WaitForLease to SlotEnded, and so does what
// puts their checkpoints aside; the stream those
// from BeginConnection to StopHeartbeats, and the owner of the worker the
// others. This class is thread-safe.
class Mailbox {
 public:
  // Keeps up to `max_bytes` of reports in memory and further ones in `spool`.
  Mailbox(int slots, int64_t max_bytes, std::unique_ptr<Spool> spool = nullptr);

  // Asks for a lease of up to `trials` trials and waits for it. Returns null
  // once the worker is stopping or draining.
  std::shared_ptr<HeldLease> WaitForLease(int slot, int trials);

  // Queues a report, or discards it when its lease was dropped. Waits while the
  // mailbox is full.
  void PutReport(v1::Report report);

  // Ends the slot's work on a lease. Unless the lease is `finished`, or the
  // coordinator itself dropped it, its trials are given back. `declined` says
  // why this worker cannot run the sweep of the lease; it is empty when the
  // worker can. A lease that went on over a broken connection is given back
  // even when it is finished, after its last report: a coordinator that was
  // started again on a disk that had not kept what it confirmed lacks results
  // that nobody would report any more.
  void EndLease(const HeldLease& lease, bool finished,
                const std::string& declined = "");

  // Whether a slot works on the lease, so that a report of it would be queued.
  bool Holds(int64_t lease_id) const;

  // Waits for `duration`. Returns false as soon as the worker is stopping.
  bool SleepUnlessStopping(absl::Duration duration);

  // Says that the thread of a slot ends.
  void SlotEnded();

  // Begins a connection and returns the leases to name in its Hello. No other
  // message is sent before Welcome has arrived; when it has not arrived by
  // `welcome_due`, the connection counts as broken.
  std::vector<int64_t> BeginConnection(SteadyTime welcome_due);
  // Takes a message of the coordinator.
  void OnMessage(const v1::CoordinatorMessage& message);
  // Says that the connection has ended, in whatever way.
  void OnBroken();
  // Says, after OnBroken, that the connection ended in good order: each side
  // had received everything that the other had sent.
  void OnEnded();

  // Waits for the next message to send, heartbeats apart. Returns nothing when
  // the connection is broken, or when nothing is left to do.
  std::optional<v1::WorkerMessage> NextMessage();

  // Waits until a heartbeat is due and returns it. Returns nothing when the
  // connection is broken or after StopHeartbeats. Neither the slots nor the
  // disk of the spool can delay a heartbeat.
  std::optional<v1::WorkerMessage> NextHeartbeat();
  void StopHeartbeats() { pulse_.Stop(); }

  // Measures how the worker does, which heartbeats tell.
  WorkMeter& meter() { return meter_; }

  // Takes no more leases; the slots end when their leases are finished.
  void Drain();
  bool draining() const;
  // Stops the slots; trials that they have not finished are given back.
  void Stop();
  bool stopping() const;
  // How long the worker has held no lease; zero while it holds one.
  absl::Duration idle() const;
  // Whether all slots have ended, everything is acknowledged, and the
  // coordinator holds no lease open for this worker that has not arrived. When
  // a connection breaks after a demand, only another Hello can tell the last of
  // these.
  bool finished() const;
  // Whether all slots have ended and everything is acknowledged, though a Hello
  // may be needed as in finished().
  bool handed_over() const;

 private:
  // A sequenced message that is not acknowledged yet.
  struct Queued {
    int64_t sequence = 0;
    int64_t bytes = 0;
    // The lease of the message.
    int64_t lease_id = 0;
    bool is_report = false;     // Otherwise it hands the lease back.
    v1::WorkerMessage message;  // Empty when in the spool.
    int64_t offset = -1;        // Position in the spool, or -1.
    SteadyTime sent = {};       // When it was last sent.
  };
  // The demand of a slot, and the lease that answers it.
  struct Slot {
    int wanted = 0;         // Trials wanted, or 0 when it does not wait.
    bool demanded = false;  // Sent on this connection, not answered.
    std::shared_ptr<HeldLease> granted;
  };

  // Stops the work on a lease and forgets the lease.
  void Drop(int64_t lease_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Gives a lease to a slot that waits for one, or back when none does.
  void Grant(const v1::Lease& lease) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Queues that a lease is given back.
  void HandBack(int64_t lease_id, const std::string& declined = "")
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Numbers a message and puts it into the outbox, in memory or in the spool.
  void Queue(v1::WorkerMessage message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether another report may be queued.
  bool HasRoom() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Returns the message of `queued`. When it cannot be read from the spool, its
  // content is lost: the message then hands the lease back instead, so that its
  // trials are trained again, and work on the lease stops.
  v1::WorkerMessage Recall(Queued& queued)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Measures the time since a report was sent, if it was on this connection.
  void NoteAcknowledged(const Queued& queued)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Frees the memory or the part of the spool that a message takes.
  void Forget(const Queued& queued) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // These two are finished() and handed_over() for callers that hold the mutex.
  bool Finished() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool HandedOver() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // Whether NextMessage has a message to send.
  bool HasMessage() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const int64_t max_bytes_;
  WorkMeter meter_;
  Pulse pulse_;
  mutable absl::Mutex mutex_;
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  int running_slots_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, std::shared_ptr<HeldLease>> leases_ ABSL_GUARDED_BY(mutex_);
  // When the last lease ended; counts while there is none.
  SteadyTime idle_since_ ABSL_GUARDED_BY(mutex_) = SteadyNow();
  // Sequenced messages that are not acknowledged, oldest first. Those before
  // position `unsent_` have been sent on this connection.
  std::deque<Queued> outbox_ ABSL_GUARDED_BY(mutex_);
  const std::unique_ptr<Spool> spool_ ABSL_PT_GUARDED_BY(mutex_);
  size_t unsent_ ABSL_GUARDED_BY(mutex_) = 0;
  int sent_reports_ ABSL_GUARDED_BY(mutex_) = 0;  // Those among them.
  int64_t memory_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 1;
  bool welcomed_ ABSL_GUARDED_BY(mutex_) = false;
  bool was_welcomed_ ABSL_GUARDED_BY(mutex_) = false;  // On any connection.
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  // Whether Leaving was sent on this connection.
  bool said_leaving_ ABSL_GUARDED_BY(mutex_) = false;
  // Whether a connection broke with an unanswered demand, and none has been
  // welcomed since.
  bool owes_hello_ ABSL_GUARDED_BY(mutex_) = false;
  SteadyTime welcome_due_ ABSL_GUARDED_BY(mutex_);
  SteadyFlag stop_;      // Raised when stopping_.
  SteadyFlag answered_;  // Raised when welcomed_, broken_ or finished.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_MAILBOX_H_
