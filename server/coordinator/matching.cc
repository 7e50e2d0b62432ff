#include "server/coordinator/matching.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proto/sweep/revisions.h"
#include "server/coordinator/lease_table.h"
#include "server/limits.h"

namespace fathom::server {

std::string WhyNot(const Session& session, const RunningSweep& sweep) {
  const auto declined = session.declined.find(sweep.id());
  if (declined != session.declined.end()) return declined->second;
  if (!sweep.space.has_value() || !session.connected()) return "";
  const v1::Hello& hello = session.hello();
  const auto& numerics = sweep.sweep.numerics();
  if (numerics.size() >= kMaxNumericsPerSweep &&
      !std::binary_search(numerics.begin(), numerics.end(), hello.numerics())) {
    return absl::StrCat("its numbers are of the kind ", hello.numerics(),
                        ", and the results are of ", numerics.size(),
                        " kinds already");
  }
  const int told = hello.spec_revision();
  const int known = told == 0 ? kFirstReleaseRevision : told;
  if (known >= sweep.spec_revision) return "";
  return absl::StrCat("it knows the words of specs up to revision ", known,
                      ", and this one has some of revision ",
                      sweep.spec_revision, ": a newer fathom-worker is needed");
}

bool Matching::MayTake(const Session& session,
                       const RunningSweep& sweep) const {
  if (!WhyNot(session, sweep).empty()) return false;
  if (MayTakeIsolated(session, sweep) &&
      (session.held.empty() || !HasClearing(sweep))) {
    return true;
  }
  return sweep.pending.HasUnsuspected() ||
         LeaseTable::RoomForSuspects(session.held, sweep.pending) > 0;
}

bool Matching::HasClearing(const RunningSweep& sweep) const {
  const Session* const session = sessions_.Find(sweep.clearing_session);
  // A session that is gone or wants no trials is not waited for.
  return session != nullptr && session->open_demands > 0 &&
         MayTakeIsolated(*session, sweep);
}

bool Matching::IsClearing(const Session& session,
                          const RunningSweep& sweep) const {
  return sweep.clearing_session == session.id() &&
         MayTakeIsolated(session, sweep);
}

bool Matching::MayTakeIsolated(const Session& session,
                               const RunningSweep& sweep) const {
  const PendingTrials::Queue& isolated = sweep.pending.isolated();
  if (isolated.empty()) return false;
  const HostKey host = session.host();
  if (isolated.begin()->second.losses.lost_by != host) return true;
  if (sessions_.HasOtherHost(host, sweep.id())) return false;
  return hosts_.Proven(host) || !sweep.pending.HasUnsuspected();
}

}  // namespace fathom::server
