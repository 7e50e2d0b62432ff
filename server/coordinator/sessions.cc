#include "server/coordinator/sessions.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proto/shared/duration.h"
#include "proto/sweep/printable.h"

namespace fathom::server {

// On a new connection, a worker first resends the messages that were not
// acknowledged, in order, then the following ones. The first number may
// therefore be any that this coordinator or one before it has seen, or the
// next; after that every number is one more than the last. A number further
// ahead would make the skipped messages count as seen.
absl::Status Session::CheckSequence(int64_t sequence) const {
  if (sequence == 0) return absl::OkStatus();
  const bool first = stream_sequence_ == 0;
  const int64_t last = first ? last_sequence_ : stream_sequence_;
  const bool any = first && last == 0;
  if (sequence > 0 &&
      (any || sequence - 1 == last || (first && sequence <= last))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("found sequence number ", sequence, ", expected ",
                   first ? "one up to " : "", "that after ", last));
}

namespace {

// Longer than any job: what is beyond is no time that anybody could mean.
constexpr absl::Duration kMostTimeLeft = absl::Hours(24 * 3660);

// Returns when the job of the worker ends.
absl::Time EndOf(const v1::Hello& hello, absl::Time now) {
  if (!hello.has_time_left()) return absl::InfiniteFuture();
  const absl::Duration left = FromProto(hello.time_left());
  if (left > kMostTimeLeft) return absl::InfiniteFuture();
  return now + std::max(left, absl::ZeroDuration());
}

}  // namespace

Session* Sessions::Find(const std::string& id) {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : &it->second;
}

const Session* Sessions::Find(const std::string& id) const {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : &it->second;
}

Session* Sessions::OfConnection(ConnectionId connection) {
  const auto it = of_connection_.find(connection);
  return it == of_connection_.end() ? nullptr : it->second;
}

Session& Sessions::Restore(const std::string& id, const std::string& worker,
                           absl::Time begun, absl::Time now) {
  const auto [it, is_new] = sessions_.try_emplace(id, id);
  Session& session = it->second;
  if (!is_new) return session;
  session.hello_.set_session_id(id);
  session.hello_.set_worker(worker);
  session.host_ = HostOf(session.hello_);
  session.last_heard = now;
  session.begun = begun;
  return session;
}

absl::Status Sessions::CheckConnect(const v1::Hello& hello,
                                    const std::string& caller) const {
  if (const Session* known = Find(hello.session_id()); known != nullptr) {
    // A session that was restored from a ledger has nothing to compare with.
    if (!known->begun_) return absl::OkStatus();
    if (known->caller_ != caller) {
      return absl::PermissionDeniedError(
          "the session is that of a worker with another token");
    }
    const v1::Hello& began = known->hello_;
    if (began.numerics() != hello.numerics() ||
        began.worker() != hello.worker()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "found worker ", Excerpt(hello.worker()), " with numerics ",
          Excerpt(hello.numerics()),
          ", expected those that the session began with: ",
          Excerpt(began.worker()), ", ", Excerpt(began.numerics())));
    }
    return absl::OkStatus();
  }
  if (static_cast<int64_t>(sessions_.size()) >= most_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("found ", most_, " workers, expected no more of them"));
  }
  const auto count = count_of_.find(caller);
  if (count != count_of_.end() && count->second >= most_per_name_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("found ", most_per_name_, " workers with the token ",
                     caller, ", expected no more of them"));
  }
  return absl::OkStatus();
}

Session& Sessions::Connect(ConnectionId connection, const v1::Hello& hello,
                           const std::string& caller, absl::Time now) {
  const std::string& id = hello.session_id();
  const auto [it, is_new] = sessions_.try_emplace(id, id);
  Session& session = it->second;
  if (is_new) session.begun = now;
  if (!session.begun_) {
    session.begun_ = true;
    session.caller_ = caller;
    if (!caller.empty()) ++count_of_[caller];
  }
  session.hello_ = hello;
  session.host_ = HostOf(hello);
  session.connection_ = connection;
  session.stream_sequence_ = 0;
  session.leaving = false;
  session.last_heard = now;
  session.ends = EndOf(hello, now);
  of_connection_[connection] = &session;
  connected_slots_ += hello.slots();
  return session;
}

void Sessions::Disconnect(Session& session) {
  of_connection_.erase(session.connection_);
  session.connection_ = 0;
  connected_slots_ -= session.hello_.slots();
}

void Sessions::Erase(const std::string& id) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return;
  const auto count = count_of_.find(it->second.caller_);
  if (count != count_of_.end() && --count->second == 0) count_of_.erase(count);
  sessions_.erase(it);
}

bool Sessions::HasOtherHost(HostKey host, int64_t sweep_id) const {
  return std::any_of(
      of_connection_.begin(), of_connection_.end(), [&](const auto& entry) {
        const Session& session = *entry.second;
        return !session.leaving && !session.draining &&
               !session.declined.contains(sweep_id) && session.host_ != host;
      });
}

std::vector<Session*> Sessions::Named(const std::string& worker_or_id) {
  std::vector<Session*> named;
  for (auto& [id, session] : sessions_) {
    if (session.worker() == worker_or_id || id == worker_or_id) {
      named.push_back(&session);
    }
  }
  return named;
}

std::vector<std::string> Sessions::Silent(absl::Duration limit,
                                          absl::Time now) const {
  std::vector<std::string> silent;
  for (const auto& [id, session] : sessions_) {
    if (now - session.last_heard > limit) silent.push_back(id);
  }
  return silent;
}

void Sessions::Postpone(absl::Duration gap, absl::Time now) {
  for (auto& [id, session] : sessions_) {
    session.last_heard = std::min(session.last_heard + gap, now);
  }
}

}  // namespace fathom::server
