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

// The sessions of workers that are connected or may come back. A session begins
// with the first Hello of a worker, or is restored from a ledger, and outlives
// its connections. Invariants:
//
//   - A connection belongs to one session, and a session has at most one
//     connection.
//   - connected_slots() is the number of slots of all sessions that have a
//     connection.
//   - After its first Hello, a session keeps its caller, its worker name and
//     its numerics.
//   - A Hello adds no session when there are `most` sessions, or
//     `most_per_name` sessions of the same caller; a caller without a name has
//     no limit of its own.
//
// Finding a session takes O(1) time by its connection and O(log(sessions)) by
// its id. Functions that look at all sessions say so.
//
// Not thread-safe.
class Sessions {
 public:
  // `most` limits the number of sessions, `most_per_name` that of the sessions
  // of one caller.
  explicit Sessions(int64_t most = kMaxSessions,
                    int64_t most_per_name = kMaxSessionsPerName)
      : most_(most), most_per_name_(most_per_name) {}

  int64_t connected_slots() const { return connected_slots_; }
  const std::map<std::string, Session>& all() const { return sessions_; }

  // Each returns null when there is no such session.
  Session* Find(const std::string& id);
  const Session* Find(const std::string& id) const;
  Session* OfConnection(ConnectionId connection);

  // Adds a session that a ledger knows of since `begun`, unless it is there
  // already. It belongs to no caller until its worker says hello.
  Session& Restore(const std::string& id, const std::string& worker,
                   absl::Time begun, absl::Time now);

  // Returns OK when `caller` may begin or continue the session of this Hello.
  // PERMISSION_DENIED when the session belongs to another caller,
  // INVALID_ARGUMENT when its worker or numerics differ, RESOURCE_EXHAUSTED
  // when there are too many sessions.
  absl::Status CheckConnect(const v1::Hello& hello,
                            const std::string& caller) const;

  // Begins or continues the session on a connection that belongs to no session.
  // CheckConnect must allow it, and the session must not be connected.
  Session& Connect(ConnectionId connection, const v1::Hello& hello,
                   const std::string& caller, absl::Time now);
  // Takes the connection from a session that has one; the session stays.
  void Disconnect(Session& session);
  // Forgets a session that is not connected and holds nothing.
  void Erase(const std::string& id);

  // Whether a worker on a host other than `host` is connected, is not about to
  // leave and has not declined the sweep. Takes O(connections) time.
  bool HasOtherHost(HostKey host, int64_t sweep_id) const;

  // Named returns the sessions with this worker name or this id; Silent returns
  // the ids of those that were last heard of more than `limit` ago. Both are in
  // the order of the id and take O(sessions) time.
  std::vector<Session*> Named(const std::string& worker_or_id);
  std::vector<std::string> Silent(absl::Duration limit, absl::Time now) const;

  // Moves the time at which each session was last heard of forward by `gap`,
  // for which nobody could be heard. Takes O(sessions) time.
  void Postpone(absl::Duration gap, absl::Time now);

 private:
  const int64_t most_, most_per_name_;
  std::map<std::string, Session> sessions_;  // By session id.
  absl::flat_hash_map<ConnectionId, Session*> of_connection_;
  // Sessions by name of the caller.
  absl::flat_hash_map<std::string, int64_t> count_of_;
  int64_t connected_slots_ = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_SESSIONS_H_
