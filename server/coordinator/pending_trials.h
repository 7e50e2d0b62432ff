#ifndef FATHOM_SERVER_COORDINATOR_PENDING_TRIALS_H_
#define FATHOM_SERVER_COORDINATOR_PENDING_TRIALS_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "fathom/v1/worker_service.pb.h"
#include "proto/sweep/point_kinds.h"
#include "server/coordinator/hosts.h"

namespace fathom::server {

// The last step of the points of each PointKind that have come; -1 when none
// have.
using LastSteps = std::array<int64_t, kPointKinds>;
inline constexpr LastSteps kNoSteps = {-1, -1};

// A checkpoint that a worker has announced; step 0 for none.
struct AnnouncedCheckpoint {
  int64_t step = 0;
  int32_t chunks = 0;
};

// What is known of a trial from its lost attempts.
struct TrialLosses {
  // Number of attempts that were lost while the worker held no other trial.
  int32_t lost_alone = 0;
  int64_t bundle_limit = 0;      // See LedgerState::OpenTrial.
  HostKey lost_by = 0;           // The last host that lost it alone.
  bool lost_by_several = false;  // Whether several hosts lost it alone.
};

// A checkpoint as the ledger has it; null where a trial has none. Its attempt
// is the one that its points are recorded under.
using CheckpointPtr = std::shared_ptr<const v1::TrialCheckpoint>;

// A trial that has been given out before and waits to be given out again.
struct ReturnedTrial {
  int32_t attempts = 0;
  TrialLosses losses = {};
  // The session that lost the last attempt; empty if the attempt was given
  // back.
  std::string lost_session = {};
  int32_t next_chunk = 0;  // See LeasedTrial.
  LastSteps last_steps = kNoSteps;
  CheckpointPtr checkpoint = {};
};

// A trial that has been given to a worker.
struct LeasedTrial {
  int64_t index = 0;
  int32_t attempt = 0;
  // Number of the next chunk of its curve: the ledger has all chunks before it.
  int32_t next_chunk = 0;
  LastSteps last_steps = kNoSteps;
  TrialLosses losses = {};
  // The checkpoint in the ledger.
  CheckpointPtr checkpoint = {};
  // The last two checkpoints that the worker has announced, the newest first:
  // an older one may still be on its way when the next is announced.
  std::array<AnnouncedCheckpoint, 2> announced = {};
  // Digest of the file that the worker has put aside last.
  std::string aside = {};
  // Number of steps of the trial. The LeaseTable sets this and `open`.
  double steps = 0;
  bool open = true;  // The worker has not reported the result yet.
};

// The trials of a sweep that nobody holds. They are the trials that were never
// given out, which are all from next_index() on, and those that were returned.
// The latter wait in three queues, each in the order of the index; the queue
// says with which other trials one may be given out:
//
//   unsuspected  with anything;
//   suspects     to sessions that hold few of their kind, as one of them may
//                have ended its worker;
//   isolated     to a session that holds nothing and gets nothing else
//                meanwhile: if the worker is lost again, it was this trial, or
//                the machine.
//
// A trial is in at most one queue, and a trial in a queue is below
// next_index(). All methods take O(log(returned trials)) time.
//
// Not thread-safe.
class PendingTrials {
 public:
  using Queue = std::map<int64_t, ReturnedTrial>;

  // For a sweep of `trial_count` trials that has given out all below
  // `next_index`.
  explicit PendingTrials(int64_t trial_count, int64_t next_index = 0)
      : trial_count_(trial_count), next_index_(next_index) {}

  // Returns the number of pending trials.
  int64_t size() const {
    return static_cast<int64_t>(unsuspected_.size() + suspects_.size() +
                                isolated_.size()) +
           trial_count_ - next_index_;
  }
  // All trials below this index have been given out at least once.
  int64_t next_index() const { return next_index_; }

  const Queue& suspects() const { return suspects_; }
  const Queue& isolated() const { return isolated_; }
  // Whether there is a trial that may be given out together with any others.
  bool HasUnsuspected() const {
    return !unsuspected_.empty() || next_index_ < trial_count_;
  }

  // Puts a trial that was given out into its queue.
  void Return(int64_t index, ReturnedTrial trial) {
    QueueOf(trial.losses).insert_or_assign(index, std::move(trial));
  }

  // Each removes and returns the first trial of its kind, for the next attempt.
  // There must be one.
  LeasedTrial TakeIsolated() { return TakeFirst(isolated_); }
  LeasedTrial TakeSuspect() { return TakeFirst(suspects_); }
  LeasedTrial TakeUnsuspected() {
    if (!unsuspected_.empty()) return TakeFirst(unsuspected_);
    return {.index = next_index_++, .attempt = 1};
  }

  // Returns the returned trial with this index, or null when it is in no queue.
  ReturnedTrial* Find(int64_t index) {
    for (Queue* queue : {&unsuspected_, &suspects_, &isolated_}) {
      if (const auto it = queue->find(index); it != queue->end()) {
        return &it->second;
      }
    }
    return nullptr;
  }
  // Removes a returned trial, which has ended after all.
  void Erase(int64_t index) {
    for (Queue* queue : {&unsuspected_, &suspects_, &isolated_}) {
      queue->erase(index);
    }
  }

 private:
  Queue& QueueOf(const TrialLosses& losses) {
    if (losses.bundle_limit == 0) return unsuspected_;
    return losses.bundle_limit > 1 ? suspects_ : isolated_;
  }
  static LeasedTrial TakeFirst(Queue& queue) {
    const auto first = queue.begin();
    LeasedTrial trial = {.index = first->first,
                         .attempt = first->second.attempts + 1,
                         .losses = first->second.losses,
                         .checkpoint = std::move(first->second.checkpoint)};
    queue.erase(first);
    return trial;
  }

  int64_t trial_count_;
  int64_t next_index_;
  Queue unsuspected_, suspects_, isolated_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_PENDING_TRIALS_H_
