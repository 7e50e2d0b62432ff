// What Sessions promises, against a slow model: who is connected, who is who,
// and which numbers may come.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/coordinator/sessions.h"
#include "tests/testing/status_matchers.h"

namespace fathom::server {
namespace {

constexpr int64_t kMost = 9;
constexpr int64_t kMostPerName = 4;

// A session as the rules describe it.
struct SlowSession {
  v1::Hello hello;
  std::string caller;
  bool begun = false;
  ConnectionId connection = 0;
  absl::Time last_heard;
  std::optional<int64_t> on_stream;  // Last number on this connection.
  std::set<int64_t> came;
  std::optional<int64_t> first;  // That ever came.

  int64_t Last() const { return came.empty() ? 0 : *came.rbegin(); }
  bool MayCome(int64_t number) const {
    if (number <= 0) return number == 0;
    if (on_stream.has_value()) return number == *on_stream + 1;
    return came.empty() || number <= Last() + 1;
  }
};

class SessionsModelTest : public ::testing::TestWithParam<int> {
 protected:
  int Draw(int64_t n) {
    return std::uniform_int_distribution<int>(0, static_cast<int>(n) - 1)(rng_);
  }

  v1::Hello RandomHello() {
    v1::Hello hello;
    hello.set_session_id(absl::StrCat("s", Draw(14)));
    // Mostly the worker that the session began with.
    hello.set_worker(Draw(8) == 0 ? "other"
                                  : "w" + hello.session_id().substr(1));
    hello.set_numerics(Draw(8) == 0 ? "other" : "k2");
    hello.set_slots(1 + Draw(3));
    hello.set_host(absl::StrCat("h", Draw(2)));
    return hello;
  }

  absl::StatusCode Expected(const v1::Hello& hello,
                            const std::string& caller) const {
    const auto it = slow_.find(hello.session_id());
    if (it != slow_.end()) {
      const SlowSession& known = it->second;
      if (!known.begun) return absl::StatusCode::kOk;
      if (known.caller != caller) return absl::StatusCode::kPermissionDenied;
      return known.hello.worker() == hello.worker() &&
                     known.hello.numerics() == hello.numerics()
                 ? absl::StatusCode::kOk
                 : absl::StatusCode::kInvalidArgument;
    }
    int64_t of_caller = 0;
    for (const auto& [id, session] : slow_) {
      of_caller += session.begun && session.caller == caller;
    }
    const bool full = std::ssize(slow_) >= kMost ||
                      (!caller.empty() && of_caller >= kMostPerName);
    return full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kOk;
  }

  void Connect() {
    const v1::Hello hello = RandomHello();
    const std::string caller = Draw(3) == 0 ? "" : Draw(2) == 0 ? "ada" : "eve";
    const absl::Status status = sessions_.CheckConnect(hello, caller);
    ASSERT_EQ(status.code(), Expected(hello, caller)) << status;
    if (!status.ok()) return;
    Session* const known = sessions_.Find(hello.session_id());
    if (known != nullptr && known->connected()) Disconnect(known->id());
    const ConnectionId connection = next_connection_++;
    Session& session = sessions_.Connect(connection, hello, caller, now_);
    SlowSession& slow = slow_[hello.session_id()];
    if (!slow.begun) slow.caller = caller;
    slow.begun = true;
    slow.hello = hello;
    slow.connection = connection;
    slow.last_heard = now_;
    slow.on_stream.reset();
    ASSERT_FALSE(session.leaving);
    session.draining = Draw(4) == 0;
    session.leaving = Draw(4) == 0;
    session.declined.clear();
    if (Draw(4) == 0) session.declined[1] = "too new";
  }

  void Restore() {
    const std::string id = absl::StrCat("s", Draw(14));
    if (slow_.contains(id)) return;
    sessions_.Restore(id, "w", now_, now_);
    SlowSession& slow = slow_[id];
    slow.hello.set_session_id(id);
    slow.hello.set_worker("w");
    slow.last_heard = now_;
  }

  void Disconnect(const std::string& id) {
    sessions_.Disconnect(*sessions_.Find(id));
    slow_[id].connection = 0;
  }

  void Number(const std::string& id) {
    Session& session = *sessions_.Find(id);
    SlowSession& slow = slow_[id];
    const int64_t near = slow.on_stream.value_or(slow.Last());
    const int64_t number = Draw(2) == 0 ? near + 1 : near - 2 + Draw(5);
    ASSERT_EQ(session.CheckSequence(number).ok(), slow.MayCome(number))
        << number << " after " << near;
    ASSERT_EQ(session.HasSeen(number), number > 0 && number <= slow.Last());
    if (number == 0 || !slow.MayCome(number)) return;
    session.NoteSequence(number);
    slow.on_stream = number;
    slow.came.insert(number);
    if (!slow.first.has_value()) slow.first = number;
    // Nothing counts as seen that may still be on its way.
    for (int64_t i = *slow.first; i <= slow.Last(); ++i) {
      ASSERT_TRUE(slow.came.contains(i)) << i << " of " << slow.Last();
    }
  }

  void Step() {
    if (slow_.empty() || Draw(4) == 0) {
      return Draw(8) == 0 ? Restore() : Connect();
    }
    const std::string id =
        std::next(slow_.begin(), Draw(std::ssize(slow_)))->first;
    const bool connected = slow_[id].connection != 0;
    switch (Draw(8)) {
      case 0:
        if (connected) Disconnect(id);
        return;
      case 1:
        if (connected) Disconnect(id);
        sessions_.Erase(id);
        slow_.erase(id);
        return;
      case 2: {
        now_ += absl::Seconds(1);
        const absl::Duration gap = absl::Milliseconds(700 * Draw(3));
        sessions_.Postpone(gap, now_);
        for (auto& [other, slow] : slow_) {
          slow.last_heard = std::min(slow.last_heard + gap, now_);
        }
        return;
      }
      default:
        if (connected) Number(id);
    }
  }

  void CheckInvariants() {
    ASSERT_EQ(std::ssize(sessions_.all()), std::ssize(slow_));
    int64_t slots = 0;
    std::vector<std::string> silent;
    std::map<ConnectionId, std::string> of_connection;
    for (const auto& [id, slow] : slow_) {
      const Session& session = sessions_.all().at(id);
      ASSERT_EQ(session.id(), id);
      ASSERT_EQ(session.connection(), slow.connection);
      ASSERT_EQ(session.caller(), slow.caller);
      ASSERT_EQ(session.hello().slots(), slow.hello.slots());
      ASSERT_EQ(session.host(), HostOf(slow.hello));
      ASSERT_EQ(session.last_heard, slow.last_heard);
      if (now_ - slow.last_heard > absl::Seconds(1)) silent.push_back(id);
      if (slow.connection == 0) continue;
      slots += slow.hello.slots();
      of_connection[slow.connection] = id;
    }
    ASSERT_EQ(sessions_.connected_slots(), slots);
    ASSERT_EQ(sessions_.Silent(absl::Seconds(1), now_), silent);
    for (ConnectionId connection = 0; connection < next_connection_;
         ++connection) {
      const Session* const session = sessions_.OfConnection(connection);
      const auto it = of_connection.find(connection);
      ASSERT_EQ(session != nullptr, it != of_connection.end()) << connection;
      if (session == nullptr) continue;
      ASSERT_EQ(session->id(), it->second);
    }
    CheckHosts();
  }

  void CheckHosts() const {
    for (const char* const name : {"h0", "h1", "w"}) {
      v1::Hello hello;
      hello.set_host(name);
      for (const int64_t sweep : {1, 2}) {
        bool other = false;
        for (const auto& [id, slow] : slow_) {
          const Session& session = sessions_.all().at(id);
          other |= slow.connection != 0 && slow.hello.host() != name &&
                   !session.leaving && !session.draining &&
                   !session.declined.contains(sweep);
        }
        ASSERT_EQ(sessions_.HasOtherHost(HostOf(hello), sweep), other);
      }
    }
  }

  std::mt19937_64 rng_{static_cast<uint64_t>(GetParam())};
  Sessions sessions_{kMost, kMostPerName};
  std::map<std::string, SlowSession> slow_;
  ConnectionId next_connection_ = 1;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
};

TEST_P(SessionsModelTest, TheyAgreeWithAListOfSessions) {
  for (int step = 0; step < 400; ++step) {
    ASSERT_NO_FATAL_FAILURE(Step()) << "step " << step;
    ASSERT_NO_FATAL_FAILURE(CheckInvariants()) << "after step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SessionsModelTest, ::testing::Range(0, 40));

TEST(SessionsClassTest, AWorkersNameOrASessionsIdFindsThem) {
  Sessions sessions;
  for (const char* const id : {"a", "b", "c"}) {
    v1::Hello hello;
    hello.set_session_id(id);
    hello.set_worker(id[0] == 'c' ? "b" : "shared");
    hello.set_slots(1);
    ASSERT_OK(sessions.CheckConnect(hello, ""));
    sessions.Connect(id[0], hello, "", absl::UnixEpoch());
  }
  const auto named = [&](const std::string& name) {
    std::string ids;
    for (const Session* const session : sessions.Named(name)) {
      ids += session->id();
    }
    return ids;
  };
  EXPECT_EQ(named("shared"), "ab");
  EXPECT_EQ(named("b"), "bc");  // The id of one, the name of another.
  EXPECT_EQ(named("nobody"), "");
}

}  // namespace
}  // namespace fathom::server
