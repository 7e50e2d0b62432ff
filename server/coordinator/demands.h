#ifndef FATHOM_SERVER_COORDINATOR_DEMANDS_H_
#define FATHOM_SERVER_COORDINATOR_DEMANDS_H_

#include <cstdint>
#include <list>

#include "server/coordinator/session.h"

namespace fathom::server {

// What connected sessions have asked for and not got. The oldest demand is
// tried first. One for which there was nothing is set aside, so that the next
// ones cost no more than they must, until something is freed that it might get.
//
// Session::open_demands is the number of its demands that are here.
//
// Not thread-safe.
class Demands {
 public:
  struct Demand {
    Session* session = nullptr;
    int32_t trials = 0;
  };

  void Add(Session& session, int32_t trials) {
    ++session.open_demands;
    demands_.push_back({&session, trials});
  }

  // Whether all have been tried; and the first of those that have not.
  bool empty() const { return demands_.empty(); }
  const Demand& First() const { return demands_.front(); }
  // It has been answered; or there is nothing for it, as things stand.
  void Answered() {
    --demands_.front().session->open_demands;
    demands_.pop_front();
  }
  void SetAside() { tried_.splice(tried_.end(), demands_, demands_.begin()); }

  // Forgets those of a session. What others did not get because of it, they may
  // get now. O(demands) unless it has none.
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

  // A lease has ended, or the like: there may be something for those that were
  // set aside. They are tried again after TryAllAgain.
  void NoteFreed() { freed_ = true; }
  bool freed() const { return freed_; }
  void TryAllAgain() {
    demands_.splice(demands_.begin(), tried_);
    freed_ = false;
  }

 private:
  // Oldest first; and those before them that were set aside.
  std::list<Demand> demands_, tried_;
  bool freed_ = false;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_DEMANDS_H_
