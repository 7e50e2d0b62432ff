#ifndef FATHOM_WORKER_SESSION_CHECKPOINTS_H_
#define FATHOM_WORKER_SESSION_CHECKPOINTS_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.grpc.pb.h"
#include "worker/session/checkpoint_fetch.h"
#include "worker/session/mailbox.h"
#include "worker/session/running_calls.h"
#include "worker/session/steady.h"

namespace fathom::worker {

// Brings the states of lanes to the coordinator, on a thread of its own, so
// that no slot waits for the network. A state that is on the disk of the
// coordinator is named in a report, which travels behind the points that were
// reported before the state was put here. A checkpoint is never needed: what
// cannot be brought is dropped.
//
// Lock order: the mutex of this class is not held when a method of the mailbox
// is called. This class is thread-safe.
class Checkpoints {
 public:
  struct Options {
    // How long lanes train between two checkpoints; infinite: there are none.
    absl::Duration every = absl::InfiniteDuration();
    // How long lanes must have trained to be written down when they stop.
    absl::Duration least = absl::Seconds(1);
    // Most bytes of states that wait or are on their way; one state may have
    // more.
    int64_t most_bytes = int64_t{256} << 20;
    // The clock.
    SteadyTime (*now)() = SteadyNow;
  };

  // `session_id` is that of the worker. The stub and the mailbox must live as
  // long as this object.
  Checkpoints(v1::WorkerService::StubInterface* stub, std::string session_id,
              Mailbox* mailbox, Options options);
  // Drops what is not there yet.
  ~Checkpoints();

  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  const Options& options() const { return options_; }

  // Whether there are checkpoints at all. There are none with a coordinator
  // that is too old for them.
  bool enabled() const { return enabled_.load(std::memory_order_relaxed); }

  // Whether states of a lease would be taken now: none of the lease is held,
  // and there is room.
  bool HasRoom(int64_t lease_id);

  // Takes a state of a lane, of which `checkpoint` tells trial, attempt, step,
  // chunks and numerics. Returns false when there is no room for it. Does not
  // wait, unless `held` is stopping: then there is time until that is to end,
  // and an older state of the trial gives way if it is not yet on its way.
  bool Put(const HeldLease& held, v1::TrialCheckpoint checkpoint,
           std::string state);

  // Says that a trial has ended, and needs no checkpoint any more.
  void Forget(int64_t lease_id, int64_t trial_index);

  // Says that the slot's work on a lease ends. When it ends because the worker
  // stops, waits until the states of the lease are there and reported; in all
  // other cases drops them.
  void EndLease(const HeldLease& held, bool finished);

  // Returns the way to the state of a checkpoint that a lease of the sweep
  // names.
  CheckpointFetch Fetch(int64_t sweep_id,
                        const v1::TrialCheckpoint& checkpoint);

  // The worker is about to stop: states are fetched no more, and brought until
  // `deadline`.
  void StopBy(SteadyTime deadline);

  // Drops everything and takes nothing more.
  void Cancel();

 private:
  struct State {
    // The first message of the call. Its digest is not known before that.
    v1::CheckpointPiece head;
    std::string bytes;
    std::string traceparent;  // Of the lease.
    bool wanted = true;

    int64_t lease_id() const { return head.lease_id(); }
    int64_t trial() const { return head.checkpoint().trial_index(); }
    int64_t size() const { return head.checkpoint().bytes(); }
  };

  // Brings one state after the other.
  void Run();
  // Brings a state, with several tries. Returns whether it is there.
  bool Bring(State& state);
  // Makes one call.
  absl::Status Send(const State& state);
  // Says in a report that a state is there.
  void Report(const State& state);
  // Whether a state that is on its way is needed still.
  bool Wanted(const State& state);
  // Waits before the next try. Returns false when there shall be none.
  bool Pause(absl::Duration duration, const State& state);
  // Logs a failure, once in a while.
  void LogFailure(const State& state, absl::string_view what);

  // These are for callers that hold the mutex: whether there is room for as
  // many bytes, whether a state of the lease is held, and Cancel.
  bool Fits(int64_t bytes) const;
  bool Holds(int64_t lease_id) const;
  void CancelAll();
  // Drops the states of a lease, or of one of its trials.
  void Drop(int64_t lease_id, const int64_t* trial_index);

  v1::WorkerService::StubInterface* const stub_;
  const std::string session_id_;
  Mailbox* const mailbox_;
  const Options options_;
  RunningCalls fetches_;
  RunningCalls calls_;
  std::atomic<bool> enabled_;

  // Guards all members below.
  std::mutex mutex_;
  // Notified when any of them changes.
  std::condition_variable changed_;
  std::list<State> waiting_;
  std::list<State> sending_;  // One state or none. Run alone removes it.
  int64_t bytes_ = 0;         // Of both lists.
  bool cancelled_ = false;
  SteadyTime stop_by_ = kSteadyNever;
  SteadyTime next_log_ = SteadyTime::min();

  std::thread thread_;  // Calls Run.
};

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_CHECKPOINTS_H_
