#ifndef FATHOM_SERVER_COORDINATOR_DEMANDS_H_
#define FATHOM_SERVER_COORDINATOR_DEMANDS_H_

#include <cstdint>
#include <list>

#include "server/coordinator/session.h"

namespace fathom::server {

// The demands of connected sessions that have not been answered. The oldest
// demand is tried first. A demand for which there is nothing is set aside, so
// that trying the next ones stays cheap, until something is freed that it might
// get.
//
// Session::open_demands is the number of the session's demands in this class.
//
// Not thread-safe.
class Demands {
 public:
  // A wish of a session for one lease of up to `trials` trials.
  struct Demand {
    Session* session = nullptr;
    int32_t trials = 0;
  };

  void Add(Session& session, int32_t trials) {
    ++session.open_demands;
    demands_.push_back({&session, trials});
  }

  int64_t size() const {
    return static_cast<int64_t>(demands_.size() + tried_.size());
  }

  // empty() says whether all demands have been tried; First() is the first one
  // that has not.
  bool empty() const { return demands_.empty(); }
  const Demand& First() const { return demands_.front(); }
  // Answered() removes the first demand; SetAside() keeps it aside because
  // there is nothing for it at present.
  void Answered() {
    --demands_.front().session->open_demands;
    demands_.pop_front();
  }
  void SetAside() { tried_.splice(tried_.end(), demands_, demands_.begin()); }

  // Removes the demands of a session. Demands that were not answered because of
  // this session may be answered now. Takes O(demands) time, O(1) when the
  // session has none.
  void Withdraw(Session& session) {
    freed_ = true;
    if (session.open_demands == 0) return;
    for (std::list<Demand>* const demands : {&demands_, &tried_}) {
      std::erase_if(*demands, [&](const Demand& demand) {
        return demand.session == &session;
      });
    }
    session.open_demands = 0;
  }

  // NoteFreed() says that there may be something for the demands that were set
  // aside, because a lease has ended or for a similar reason. TryAllAgain()
  // puts them back in front.
  void NoteFreed() { freed_ = true; }
  bool freed() const { return freed_; }
  void TryAllAgain() {
    demands_.splice(demands_.begin(), tried_);
    freed_ = false;
  }

 private:
  // The demands that have not been tried, the oldest first; and those that were
  // tried and set aside, which are older.
  std::list<Demand> demands_, tried_;
  bool freed_ = false;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_DEMANDS_H_
