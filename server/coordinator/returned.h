#ifndef FATHOM_SERVER_COORDINATOR_RETURNED_H_
#define FATHOM_SERVER_COORDINATOR_RETURNED_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "server/coordinator/hosts.h"

namespace fathom::server {

// A trial that has been given out before and waits to be given out again.
struct ReturnedTrial {
  int32_t attempts = 0;
  int32_t lost_alone = 0;
  int64_t bundle_limit = 0;  // See LedgerState::OpenTrial.
  std::string lost_session = {};
  int32_t next_chunk = 0;
  int64_t last_step = -1;        // Of its curve, as far as known.
  HostKey lost_by = 0;           // Host that lost it last while it was alone.
  bool lost_by_several = false;  // Other hosts lost it so before.
};

// The returned trials of a sweep, in three queues by what they may go out with.
// Each is in the order of the index.
//
// Not thread-safe.
class ReturnedTrials {
 public:
  using Queue = std::map<int64_t, ReturnedTrial>;

  bool empty() const { return size() == 0; }
  int64_t size() const {
    return static_cast<int64_t>(calm_.size() + suspects_.size() +
                                loners_.size());
  }

  void Insert(int64_t index, ReturnedTrial trial) {
    QueueOf(trial.bundle_limit).insert_or_assign(index, std::move(trial));
  }
  // Null when it is not there.
  ReturnedTrial* Find(int64_t index) {
    for (Queue* queue : {&calm_, &suspects_, &loners_}) {
      if (const auto it = queue->find(index); it != queue->end()) {
        return &it->second;
      }
    }
    return nullptr;
  }
  void Erase(int64_t index) {
    for (Queue* queue : {&calm_, &suspects_, &loners_}) queue->erase(index);
  }
  void Clear() { *this = {}; }

  // Go out with anything.
  const Queue& calm() const { return calm_; }
  // Go out to sessions with few of their kind.
  const Queue& suspects() const { return suspects_; }
  // Go out to sessions that hold nothing.
  const Queue& loners() const { return loners_; }

 private:
  Queue& QueueOf(int64_t bundle_limit) {
    return bundle_limit == 0 ? calm_ : bundle_limit > 1 ? suspects_ : loners_;
  }

  Queue calm_, suspects_, loners_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_RETURNED_H_
