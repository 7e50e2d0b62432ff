#ifndef FATHOM_SERVER_COORDINATOR_PENDING_TRIALS_H_
#define FATHOM_SERVER_COORDINATOR_PENDING_TRIALS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "server/coordinator/hosts.h"

namespace fathom::server {

// What the lost attempts of a trial tell about it.
struct TrialLosses {
  // How often it was lost while its worker held no other trial.
  int32_t lost_alone = 0;
  int64_t bundle_limit = 0;      // See LedgerState::OpenTrial.
  HostKey lost_by = 0;           // Host that lost it last while it was alone.
  bool lost_by_several = false;  // Other hosts lost it so before.
};

// A trial that has been given out before and waits to be given out again.
struct ReturnedTrial {
  int32_t attempts = 0;
  TrialLosses losses = {};
  // Who lost the last attempt; nobody if it was given back.
  std::string lost_session = {};
  int32_t next_chunk = 0;  // As in LeasedTrial.
  int64_t last_step = -1;
};

// A trial that a worker has been given.
struct LeasedTrial {
  int64_t index = 0;
  int32_t attempt = 0;
  int32_t next_chunk = 0;  // Of its curve: what is there ends before it.
  int64_t last_step = -1;  // Of what was heard of its curve; -1: nothing.
  TrialLosses losses = {};
  double steps = 0;  // That it takes. Set, as `open`, by the LeaseTable.
  bool open = true;  // Its worker still owes the result.
};

// The trials of a sweep that nobody holds: those that were never given out,
// which are all from some index on, and those that came back. These wait in
// three queues, each in the order of the index, by what they may go out with:
//
//   unsuspected  with anything;
//   suspects     to sessions that hold few of their kind, as one of them may
//                have ended its worker;
//   isolated     to a session that holds nothing and gets nothing else
//                meanwhile: if the worker is lost again, it was this trial, or
//                the machine.
//
// A trial is in at most one queue, and below next_index() if it is in one. All
// methods cost O(log of the returned trials).
//
// Not thread-safe.
class PendingTrials {
 public:
  using Queue = std::map<int64_t, ReturnedTrial>;

  // Of a sweep of `trial_count` trials that has given out those below
  // `next_index`.
  explicit PendingTrials(int64_t trial_count, int64_t next_index = 0)
      : trial_count_(trial_count), next_index_(next_index) {}

  int64_t size() const {
    return static_cast<int64_t>(unsuspected_.size() + suspects_.size() +
                                isolated_.size()) +
           trial_count_ - next_index_;
  }
  // All trials below have been given out before.
  int64_t next_index() const { return next_index_; }

  const Queue& suspects() const { return suspects_; }
  const Queue& isolated() const { return isolated_; }
  // Whether there is a trial that may go out with anything.
  bool HasUnsuspected() const {
    return !unsuspected_.empty() || next_index_ < trial_count_;
  }

  // Takes a trial back that was given out.
  void Return(int64_t index, ReturnedTrial trial) {
    QueueOf(trial.losses).insert_or_assign(index, std::move(trial));
  }

  // Takes the first trial of its kind out, for its next attempt. There must be
  // one.
  LeasedTrial TakeIsolated() { return TakeFirst(isolated_); }
  LeasedTrial TakeSuspect() { return TakeFirst(suspects_); }
  LeasedTrial TakeUnsuspected() {
    if (!unsuspected_.empty()) return TakeFirst(unsuspected_);
    return {.index = next_index_++, .attempt = 1};
  }

  // A returned trial; null when it is not there.
  ReturnedTrial* Find(int64_t index) {
    for (Queue* queue : {&unsuspected_, &suspects_, &isolated_}) {
      if (const auto it = queue->find(index); it != queue->end()) {
        return &it->second;
      }
    }
    return nullptr;
  }
  // The returned trial has ended after all.
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
    const LeasedTrial trial = {.index = first->first,
                               .attempt = first->second.attempts + 1,
                               .losses = first->second.losses};
    queue.erase(first);
    return trial;
  }

  int64_t trial_count_;
  int64_t next_index_;
  Queue unsuspected_, suspects_, isolated_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_PENDING_TRIALS_H_
