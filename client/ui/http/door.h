#ifndef FATHOM_CLIENT_UI_HTTP_DOOR_H_
#define FATHOM_CLIENT_UI_HTTP_DOOR_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/ui/exchange.h"
#include "client/ui/http/attempts.h"
#include "client/ui/http/authority.h"
#include "proto/shared/clock.h"

namespace fathom::client {

// Somebody who has logged in; or everybody, where no login is needed.
//
// This class is thread-safe.
class Session {
 public:
  Session(std::string token_hash, Viewer viewer, absl::Time now);

  // Names the token behind the session, without telling it. Empty without one.
  const std::string& token_hash() const { return token_hash_; }

 private:
  friend class Door;

  const std::string token_hash_;
  const absl::Time begun_;
  absl::Mutex mutex_;
  absl::Time used_ ABSL_GUARDED_BY(mutex_);
  absl::Time checked_ ABSL_GUARDED_BY(mutex_);
  bool is_checking_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status state_ ABSL_GUARDED_BY(mutex_);  // How the last check ended.
  Viewer viewer_ ABSL_GUARDED_BY(mutex_);
};

// Knows who is inside: lets viewers in by their tokens, which it forgets, and
// knows them again by random ids. Sessions are kept in memory alone.
//
// This class is thread-safe.
class Door {
 public:
  static constexpr int kMostSessions = 256;
  static constexpr int kMostOfToken = 16;  // One more ends the oldest of them.
  static constexpr absl::Duration kIdle = absl::Hours(2);
  static constexpr absl::Duration kLongest = absl::Hours(24);
  // The authority is asked again after this time, while a session is used.
  static constexpr absl::Duration kCheckPeriod = absl::Seconds(5);

  // `authority` must outlive this object.
  Door(Authority& authority, Clock clock);

  bool needs_login() const { return authority_.needs_login(); }

  // Lets in who shows this token, and returns the id of the session, 256 random
  // bits in hex. RESOURCE_EXHAUSTED when `address` has tried too often or too
  // many sessions are open, UNAUTHENTICATED or PERMISSION_DENIED when the token
  // does not let in, other errors when that cannot be found out. May wait for
  // the coordinator.
  absl::StatusOr<std::string> LogIn(const std::string& token,
                                    const std::string& address);
  // The same for a program that shows its token with every request, and has one
  // session for all of them.
  absl::StatusOr<std::shared_ptr<Session>> LogInWithoutId(
      const std::string& token, const std::string& address);
  void LogOut(absl::string_view id);

  // Returns the session with this id, or of everybody where no login is needed;
  // null when there is none. Never waits.
  std::shared_ptr<Session> Find(absl::string_view id);

  // Returns the viewer of a session that is about to be used, as it is now.
  // UNAUTHENTICATED when the session has ended; other errors while the
  // coordinator or ledger is not there. May wait for it.
  absl::StatusOr<Viewer> Enter(Session& session);

  // Returns the viewer as Enter knew him last, without asking anybody; without
  // a connection when he never was. For what may be said while the coordinator
  // is away.
  Viewer LastKnown(Session& session) const;

  int session_count() const;

 private:
  absl::StatusOr<std::shared_ptr<Session>> Admit(const std::string& token,
                                                 const std::string& address,
                                                 const std::string& key);
  // Keeps a session under `key`, if there is room.
  absl::Status Keep(const std::string& key, std::shared_ptr<Session> session);
  // Ends a session, also for streams that hold it.
  static void End(Session& session);
  static bool IsOver(Session& session, absl::Time now);
  void RemoveOver(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Authority& authority_;
  const Clock clock_;
  const std::shared_ptr<Session> everybody_;  // Null where a login is needed.
  Attempts attempts_;
  mutable absl::Mutex mutex_;
  // By the hashes of the ids, so that the time to find one tells nothing of it.
  absl::flat_hash_map<std::string, std::shared_ptr<Session>> sessions_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_DOOR_H_
