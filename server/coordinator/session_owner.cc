// The part of the Coordinator that knows whose a session is.
#include <string>

#include "absl/strings/str_cat.h"
#include "proto/sweep/printable.h"
#include "server/coordinator/coordinator.h"
#include "server/limits.h"

namespace fathom::server {

// A worker sends everything again that has not been acknowledged to it, in
// order: first what this coordinator, or one before it, may have seen, and from
// then on what follows. A number from further ahead would make what comes
// between count as seen.
absl::Status Coordinator::CheckSequence(const Session& session,
                                        int64_t sequence) {
  if (sequence == 0) return absl::OkStatus();
  const bool first = session.stream_sequence == 0;
  const int64_t last = first ? session.last_sequence : session.stream_sequence;
  const bool any = first && last == 0;
  if (sequence > 0 &&
      (any || sequence - 1 == last || (first && sequence <= last))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("found sequence number ", sequence, ", expected ",
                   first ? "one up to " : "", "that after ", last));
}

absl::Status Coordinator::CheckSession(const v1::Hello& hello,
                                       const std::string& caller) const {
  const auto known = sessions_.find(hello.session_id());
  if (known != sessions_.end()) {
    const Session& session = known->second;
    // What a ledger tells of a session is less than its Hello said.
    if (session.hello.slots() == 0) return absl::OkStatus();
    if (session.caller != caller) {
      return absl::PermissionDeniedError(
          "the session is that of a worker with another token");
    }
    if (session.hello.numerics() != hello.numerics() ||
        session.hello.worker() != hello.worker()) {
      return absl::InvalidArgumentError(
          absl::StrCat("found worker ", Excerpt(hello.worker()),
                       " with numerics ", Excerpt(hello.numerics()),
                       ", expected those that the session began "
                       "with: ",
                       Excerpt(session.hello.worker()), ", ",
                       Excerpt(session.hello.numerics())));
    }
    return absl::OkStatus();
  }
  if (static_cast<int64_t>(sessions_.size()) >= kMaxSessions) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "found ", kMaxSessions, " workers, expected no more of them"));
  }
  const auto of_caller = sessions_of_.find(caller);
  if (!caller.empty() && of_caller != sessions_of_.end() &&
      of_caller->second >= kMaxSessionsPerName) {
    return absl::ResourceExhaustedError(
        absl::StrCat("found ", kMaxSessionsPerName, " workers with the token ",
                     caller, ", expected no more of them"));
  }
  return absl::OkStatus();
}

void Coordinator::EraseSession(const std::string& session_id) {
  const auto it = sessions_.find(session_id);
  if (it == sessions_.end()) return;
  const auto of_caller = sessions_of_.find(it->second.caller);
  if (of_caller != sessions_of_.end() && --of_caller->second == 0) {
    sessions_of_.erase(of_caller);
  }
  sessions_.erase(it);
}

}  // namespace fathom::server
