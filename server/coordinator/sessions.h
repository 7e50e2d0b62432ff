#ifndef FATHOM_SERVER_COORDINATOR_SESSIONS_H_
#define FATHOM_SERVER_COORDINATOR_SESSIONS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.pb.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/session.h"
#include "server/limits.h"

namespace fathom::server {

// Who is connected, and who may come back: a session begins with the first
// Hello of a worker, or with what a ledger tells of it, and outlives its
// connections.
//
//   - A connection is that of one session, and a session has at most one.
//   - connected_slots() are those of the sessions that have a connection.
//   - A session that has begun stays its caller's, with the worker and the
//     numerics that it began with.
//   - No Hello adds a session to as many as there may be, of all callers or of
//     its own, if that has a name.
//
// Finding a session by its connection costs O(1), by its id O(log sessions);
// what looks at all of them says so.
//
// Not thread-safe.
class Sessions {
 public:
  explicit Sessions(int64_t most = kMaxSessions,
                    int64_t most_per_name = kMaxSessionsPerName)
      : most_(most), most_per_name_(most_per_name) {}

  int64_t connected_slots() const { return connected_slots_; }
  const std::map<std::string, Session>& all() const { return sessions_; }

  // Null when there is none.
  Session* Find(const std::string& id);
  const Session* Find(const std::string& id) const;
  Session* OfConnection(ConnectionId connection);

  // Enters a session of which a ledger tells, unless it is there. It is
  // nobody's until it says hello.
  Session& Restore(const std::string& id, const std::string& worker,
                   absl::Time now);

  // Fails when `caller` may not begin, or go on with, the session of this
  // Hello: PERMISSION_DENIED, INVALID_ARGUMENT or RESOURCE_EXHAUSTED.
  absl::Status CheckConnect(const v1::Hello& hello,
                            const std::string& caller) const;

  // Begins the session, or goes on with it, on a connection that is nobody's.
  // CheckConnect allows it, and the session is not connected.
  Session& Connect(ConnectionId connection, const v1::Hello& hello,
                   const std::string& caller, absl::Time now);
  // The session, which is connected, stays without a connection.
  void Disconnect(Session& session);
  // Forgets a session that is not connected and holds nothing.
  void Erase(const std::string& id);

  // Whether a worker on another host than `host` is there, wants to stay and
  // has not declined the sweep. O(connections).
  bool HasOtherHost(HostKey host, int64_t sweep_id) const;

  // Returns the sessions with this worker name, or the one with this id; and
  // the ids of those that were last heard of more than `limit` ago. In the
  // order of the id, O(sessions).
  std::vector<Session*> Named(const std::string& worker_or_id);
  std::vector<std::string> Silent(absl::Duration limit, absl::Time now) const;

  // Nobody could be heard for `gap`: everybody was last heard of later by it.
  // O(sessions).
  void Postpone(absl::Duration gap, absl::Time now);

 private:
  const int64_t most_, most_per_name_;
  std::map<std::string, Session> sessions_;  // By id.
  absl::flat_hash_map<ConnectionId, Session*> of_connection_;
  absl::flat_hash_map<std::string, int64_t> count_of_;  // By caller's name.
  int64_t connected_slots_ = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_SESSIONS_H_
