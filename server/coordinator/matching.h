#ifndef FATHOM_SERVER_COORDINATOR_MATCHING_H_
#define FATHOM_SERVER_COORDINATOR_MATCHING_H_

#include <string>

#include "server/coordinator/hosts.h"
#include "server/coordinator/running_sweep.h"
#include "server/coordinator/session.h"
#include "server/coordinator/sessions.h"

namespace fathom::server {

// Returns why the session cannot run the sweep: because it said so, or because
// its Hello and the sweep do not go together. "" when it can, as far as it is
// known.
std::string WhyNot(const Session& session, const RunningSweep& sweep);

// Which sessions may take what of a sweep, as things stand. Changes nothing.
// Each question costs O(log sessions), and O(connections) where the next
// isolated trial was lost by the session's own host.
//
// Not thread-safe.
class Matching {
 public:
  // Both must outlive it.
  Matching(const Sessions& sessions, const Hosts& hosts)
      : sessions_(sessions), hosts_(hosts) {}

  // Whether `sweep` has anything for the session, or wants it for an isolated
  // trial.
  bool MayTake(const Session& session, const RunningSweep& sweep) const;
  // Whether the session may be given the next isolated trial of `sweep`: not on
  // a host that has lost it, when there is another that could try, or when this
  // one could first show that it can run something else.
  bool MayTakeIsolated(const Session& session, const RunningSweep& sweep) const;
  // Whether a session is getting empty for an isolated trial of `sweep`, and
  // whether this one is.
  bool HasClearing(const RunningSweep& sweep) const;
  bool IsClearing(const Session& session, const RunningSweep& sweep) const;

 private:
  const Sessions& sessions_;
  const Hosts& hosts_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_MATCHING_H_
