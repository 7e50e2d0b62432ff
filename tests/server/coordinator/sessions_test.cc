// Whose a session is, and how many there may be.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/limits.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::CoordinatorTest;
using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SessionsTest : public CoordinatorTest {
 protected:
  // `caller` begins, or goes on with, a session.
  void Begin(ConnectionId connection, const std::string& session,
             const std::string& caller, const std::string& numerics = "k2",
             const std::string& worker = "w") {
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_session_id(session);
    hello.set_worker(worker);
    hello.set_numerics(numerics);
    hello.set_slots(1);
    coordinator_->OnMessage(connection, message, now_, caller);
    Settle();
  }

  // A sequenced message that changes nothing.
  void Say(ConnectionId connection, int64_t sequence) {
    v1::WorkerMessage message;
    message.set_sequence(sequence);
    message.mutable_released();
    Receive(connection, message);
  }
};

TEST_F(SessionsTest, NobodyTakesOverTheSessionOfAnotherToken) {
  Start();
  Create(SmallSpec(10));
  Begin(1, "s", "ada");
  Demand(1, 4);
  ASSERT_THAT(Leases(1), SizeIs(1));
  Begin(2, "s", "eve");
  EXPECT_THAT(closes_[2], StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_FALSE(closes_.contains(1));
  Finish(1, 1, Leases(1)[0], 0);
  EXPECT_THAT(Writes<RecordReport>(), SizeIs(1));

  Begin(3, "s", "ada");  // A broken connection comes back.
  EXPECT_FALSE(closes_.contains(3));
  EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kAborted));
}

TEST_F(SessionsTest, ASessionStaysWhatItBeganAs) {
  Start();
  Begin(1, "s", "", "k2", "w");
  Begin(2, "s", "", "k3", "w");
  EXPECT_THAT(closes_[2], StatusIs(absl::StatusCode::kInvalidArgument));
  Begin(3, "s", "", "k2", "other");
  EXPECT_THAT(closes_[3], StatusIs(absl::StatusCode::kInvalidArgument));
  Begin(4, "s", "", "k2", "w");
  EXPECT_FALSE(closes_.contains(4));
}

TEST_F(SessionsTest, OneNameCannotTakeAllSessionsAndAllTogetherAreBounded) {
  Start();
  ConnectionId connection = 0;
  const auto begin = [&](const std::string& caller) {
    ++connection;
    Begin(connection, absl::StrCat("s", connection), caller);
    const bool refused = closes_.contains(connection);
    writes_.clear();
    messages_.clear();
    return !refused;
  };
  for (int64_t i = 0; i < kMaxSessionsPerName; ++i) ASSERT_TRUE(begin("eve"));
  EXPECT_FALSE(begin("eve"));
  EXPECT_THAT(closes_[connection],
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(begin("ada"));
  coordinator_->OnDisconnected(1, now_);  // It held nothing.
  EXPECT_TRUE(begin("eve"));
  EXPECT_FALSE(begin("eve"));
  for (int64_t i = kMaxSessionsPerName + 1; i < kMaxSessions; ++i) {
    ASSERT_TRUE(begin("ada"));
  }
  EXPECT_FALSE(begin("bob"));
  coordinator_->OnDisconnected(2, now_);
  EXPECT_TRUE(begin("bob"));
}

TEST_F(SessionsTest, WhereCallersAreNotToldApartOneMayHaveAll) {
  Start();
  for (int64_t i = 1; i <= kMaxSessionsPerName + 1; ++i) {
    Begin(i, absl::StrCat("s", i), "");
    writes_.clear();
    messages_.clear();
  }
  EXPECT_THAT(closes_, IsEmpty());
}

TEST_F(SessionsTest, SequenceNumbersGoOnWithoutAGap) {
  Start();
  Create(SmallSpec(10));
  Begin(1, "s", "");
  Demand(1, 1);  // A session without a lease is forgotten with its stream.
  const auto again = [&](ConnectionId connection) {
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_session_id("s");
    hello.set_worker("w");
    hello.set_numerics("k2");
    hello.set_slots(1);
    hello.add_held_lease_ids(Leases(1)[0].lease_id());
    Receive(connection, message);
  };
  Say(1, 5);  // What came before was acknowledged by an earlier coordinator.
  Say(1, 6);
  EXPECT_FALSE(closes_.contains(1));
  Say(1, 8);
  EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(std::string(closes_[1].message()),
              HasSubstr("expected that after 6"));

  again(2);  // Sends again from where it likes, but not from beyond.
  Say(2, 8);
  EXPECT_THAT(closes_[2], StatusIs(absl::StatusCode::kInvalidArgument));
  again(3);
  Say(3, 3);
  Say(3, 4);
  EXPECT_FALSE(closes_.contains(3));
  Say(3, 4);
  EXPECT_THAT(closes_[3], StatusIs(absl::StatusCode::kInvalidArgument));
  again(4);
  Say(4, -1);
  EXPECT_THAT(closes_[4], StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(SessionsTest, TheLargestNumberIsTheLast) {
  Start();
  Begin(1, "s", "");
  Say(1, INT64_MAX);
  EXPECT_FALSE(closes_.contains(1));
  Say(1, INT64_MIN);
  EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(SessionsTest, ANumberFromFarAheadDoesNotMakeWhatFollowsSeen) {
  Start();
  Create(SmallSpec(10));
  Begin(1, "s", "");
  Demand(1, 4);
  Finish(1, 1, Leases(1)[0], 0);
  Say(1, int64_t{1} << 60);
  Begin(2, "s", "");
  Demand(2, 4);
  ASSERT_THAT(Leases(2), SizeIs(1));
  const v1::TrialRange trials = Leases(2)[0].trials(0);
  Finish(2, 2, Leases(2)[0], trials.first_index(), trials.attempt());
  EXPECT_THAT(Writes<RecordReport>(), SizeIs(2));
}

TEST_F(SessionsTest, TheKindsOfNumbersOfASweepAreBounded) {
  Start();
  Create(SmallSpec(1000));
  const auto finish_one = [&](int i, const std::string& numerics) {
    const ConnectionId connection = i + 1;
    Begin(connection, absl::StrCat("s", i), "", numerics);
    Demand(connection, 1);
    if (Leases(connection).empty()) return false;
    const v1::Lease lease = Leases(connection)[0];
    Finish(connection, 1, lease, lease.trials(0).first_index());
    return true;
  };
  for (int i = 0; i < kMaxNumericsPerSweep; ++i) {
    ASSERT_TRUE(finish_one(i, absl::StrCat("kind", 1000 + i)));
  }
  EXPECT_FALSE(finish_one(500, "kind2000"));
  EXPECT_TRUE(finish_one(501, "kind1003"));
  EXPECT_THAT(Writes<InsertSweepNumerics>(), SizeIs(kMaxNumericsPerSweep));
}

}  // namespace
}  // namespace fathom::server
