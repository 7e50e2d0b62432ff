#include "client/ui/http/door.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "proto/shared/token.h"

namespace fathom::client {
namespace {

constexpr size_t kMostTokenBytes = 256;
// After a failure the authority is asked again sooner.
constexpr absl::Duration kRetryPeriod = absl::Seconds(1);

std::string KeyOfId(absl::string_view id) {
  return Sha256Hex(absl::StrCat("id ", id));
}

bool EndsSession(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
}

absl::Status SessionOver() {
  return absl::UnauthenticatedError(
      "this login has ended; log in again with a token");
}

}  // namespace

Session::Session(std::string token_hash, Viewer viewer, absl::Time now)
    : token_hash_(std::move(token_hash)),
      begun_(now),
      used_(now),
      checked_(viewer.connection == nullptr ? absl::InfinitePast() : now),
      viewer_(std::move(viewer)) {}

Door::Door(Authority& authority, Clock clock)
    : authority_(authority),
      clock_(std::move(clock)),
      everybody_(authority.needs_login()
                     ? nullptr
                     : std::make_shared<Session>("", Viewer(), clock_())) {}

absl::StatusOr<std::string> Door::LogIn(const std::string& token,
                                        const std::string& address) {
  // As hard to guess as the token that it takes the place of.
  const std::string id = Sha256Hex(NewToken());
  RETURN_IF_ERROR(Admit(token, address, KeyOfId(id)).status());
  return id;
}

absl::StatusOr<std::shared_ptr<Session>> Door::LogInWithoutId(
    const std::string& token, const std::string& address) {
  if (everybody_ != nullptr) return everybody_;
  const std::string key = Sha256Hex(absl::StrCat("token ", token));
  {
    absl::MutexLock lock(&mutex_);
    if (const auto found = sessions_.find(key);
        found != sessions_.end() && !IsOver(*found->second, clock_())) {
      return found->second;
    }
  }
  return Admit(token, address, key);
}

absl::StatusOr<std::shared_ptr<Session>> Door::Admit(const std::string& token,
                                                     const std::string& address,
                                                     const std::string& key) {
  if (!attempts_.MayTry(address, clock_())) {
    return absl::ResourceExhaustedError(
        "too many attempts to log in; wait a minute");
  }
  if (token.empty() || token.size() > kMostTokenBytes) {
    return absl::UnauthenticatedError("this is no token");
  }
  absl::StatusOr<Viewer> viewer = authority_.Admit(token);
  if (absl::IsInvalidArgument(viewer.status())) {
    return absl::UnauthenticatedError("this is no token");
  }
  if (!viewer.ok()) return viewer.status();
  attempts_.Forget(address);
  auto session =
      std::make_shared<Session>(HashToken(token), *std::move(viewer), clock_());
  RETURN_IF_ERROR(Keep(key, session));
  return session;
}

absl::Status Door::Keep(const std::string& key,
                        std::shared_ptr<Session> session) {
  absl::MutexLock lock(&mutex_);
  RemoveOver(clock_());
  int of_token = 0;
  auto oldest = sessions_.end();
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    if (at->second->token_hash() != session->token_hash()) continue;
    ++of_token;
    if (oldest == sessions_.end() ||
        at->second->begun_ < oldest->second->begun_) {
      oldest = at;
    }
  }
  const bool is_full = sessions_.size() >= static_cast<size_t>(kMostSessions);
  if (of_token >= kMostOfToken || (is_full && of_token > 0)) {
    End(*oldest->second);
    sessions_.erase(oldest);
  } else if (is_full) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "already ", kMostSessions, " people have logged in; try again later"));
  }
  sessions_[key] = std::move(session);
  return absl::OkStatus();
}

void Door::LogOut(absl::string_view id) {
  absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(KeyOfId(id));
  if (found == sessions_.end()) return;
  End(*found->second);
  sessions_.erase(found);
}

void Door::End(Session& session) {
  absl::MutexLock lock(&session.mutex_);
  session.state_ = SessionOver();
}

std::shared_ptr<Session> Door::Find(absl::string_view id) {
  if (everybody_ != nullptr) return everybody_;
  if (id.empty()) return nullptr;
  absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(KeyOfId(id));
  if (found == sessions_.end() || IsOver(*found->second, clock_())) {
    return nullptr;
  }
  return found->second;
}

bool Door::IsOver(Session& session, absl::Time now) {
  absl::MutexLock lock(&session.mutex_);
  return EndsSession(session.state_) || now - session.used_ > kIdle ||
         now - session.begun_ > kLongest;
}

void Door::RemoveOver(absl::Time now) {
  absl::erase_if(sessions_,
                 [&](const auto& entry) { return IsOver(*entry.second, now); });
}

absl::StatusOr<Viewer> Door::Enter(Session& session) {
  const absl::Time now = clock_();
  const bool is_everybody = &session == everybody_.get();
  if (!is_everybody && IsOver(session, now)) return SessionOver();
  Viewer before;
  {
    absl::MutexLock lock(&session.mutex_);
    session.used_ = now;
    const absl::Duration age = now - session.checked_;
    const bool is_fresh =
        age >= absl::ZeroDuration() &&
        age < (session.state_.ok() ? kCheckPeriod : kRetryPeriod);
    const bool was_checked = session.checked_ != absl::InfinitePast();
    // While somebody asks, others go by what was known before.
    if (is_fresh || (session.is_checking_ && was_checked)) {
      if (!session.state_.ok()) return session.state_;
      return session.viewer_;
    }
    session.is_checking_ = true;
    before = session.viewer_;
  }
  absl::StatusOr<Viewer> viewer =
      authority_.AskAgain(before, session.token_hash());
  absl::MutexLock lock(&session.mutex_);
  session.is_checking_ = false;
  // Who has logged out meanwhile stays outside.
  if (EndsSession(session.state_)) return session.state_;
  session.checked_ = clock_();
  session.state_ = viewer.status();
  if (EndsSession(viewer.status())) {
    // Where nobody logs in, nobody can do so again.
    session.state_ = is_everybody
                         ? absl::UnavailableError(viewer.status().message())
                         : SessionOver();
  }
  if (!session.state_.ok()) return session.state_;
  session.viewer_ = *std::move(viewer);
  return session.viewer_;
}

Viewer Door::LastKnown(Session& session) const {
  absl::MutexLock lock(&session.mutex_);
  return session.viewer_;
}

int Door::session_count() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(sessions_.size());
}

}  // namespace fathom::client
