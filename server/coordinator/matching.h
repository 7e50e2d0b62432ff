#ifndef FATHOM_SERVER_COORDINATOR_MATCHING_H_
#define FATHOM_SERVER_COORDINATOR_MATCHING_H_

#include <string>

#include "server/coordinator/hosts.h"
#include "server/coordinator/running_sweep.h"
#include "server/coordinator/session.h"
#include "server/coordinator/sessions.h"

namespace fathom::server {

// Returns why the session cannot run the sweep: because its worker said so, or
// because its Hello and the sweep do not go together. Returns "" when nothing
// is known against it.
std::string WhyNot(const Session& session, const RunningSweep& sweep);

// Answers which sessions may take which trials of a sweep at present. Changes
// nothing. Each answer takes O(log(sessions)) time, and O(connections) where
// the host of the session itself has lost the next isolated trial.
//
// Not thread-safe.
class Matching {
 public:
  // Both arguments must outlive this object.
  Matching(const Sessions& sessions, const Hosts& hosts)
      : sessions_(sessions), hosts_(hosts) {}

  // Whether `sweep` has a trial for the session, or wants the session for an
  // isolated trial.
  bool MayTake(const Session& session, const RunningSweep& sweep) const;
  // Whether the session may be given the next isolated trial of `sweep`. A
  // session on the host that lost this trial last may not, as long as another
  // host could try, or as long as its own host could first show that it can
  // finish another trial.
  bool MayTakeIsolated(const Session& session, const RunningSweep& sweep) const;
  // HasClearing says whether some session is finishing what it holds in order
  // to be empty for an isolated trial of `sweep`; IsClearing, whether this
  // session is.
  bool HasClearing(const RunningSweep& sweep) const;
  bool IsClearing(const Session& session, const RunningSweep& sweep) const;

 private:
  const Sessions& sessions_;
  const Hosts& hosts_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_MATCHING_H_
