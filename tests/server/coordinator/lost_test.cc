// What becomes of trials whose worker is lost, and of what is said about them
// later or by somebody else.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LostTest : public ::fathom::test::CoordinatorTest {
 protected:
  // A new session takes up to `trials` and dies at once; returns its lease.
  v1::Lease TakeAndDie(int trials) {
    const ConnectionId connection = next_++;
    Hello(connection, absl::StrCat("w", connection));
    Demand(connection, trials);
    const v1::Lease lease = Leases(connection).at(0);
    coordinator_->OnDisconnected(connection, now_);
    Tick(absl::Seconds(31));
    return lease;
  }

  v1::Lease Take(ConnectionId connection, int trials) {
    Demand(connection, trials);
    return Leases(connection).back();
  }

  static v1::WorkerMessage Result(int64_t sequence, int64_t lease_id,
                                  int64_t index, int32_t attempt) {
    v1::WorkerMessage message;
    message.set_sequence(sequence);
    message.mutable_report()->set_lease_id(lease_id);
    message.mutable_report()->set_sweep_id(1);
    v1::TrialResult& result = *message.mutable_report()->add_results();
    result.set_trial_index(index);
    result.set_attempt(attempt);
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    return message;
  }

  ConnectionId next_ = 100;
};

// Half of what was lost together, rounded up, is the most that goes out
// together again: of three that is two, and never more.
TEST_F(LostTest, WhatIsLostTogetherGoesOutInHalvesWhileOthersArePending) {
  for (int lost = 1; lost <= 9; ++lost) {
    messages_.clear();
    writes_.clear();
    Start();
    Create(SmallSpec(lost + 50));
    const v1::Lease first = TakeAndDie(lost);
    ASSERT_EQ(Trials(first), lost);
    const int64_t most = (lost + 1) / 2;
    int64_t seen = 0;
    while (seen < lost) {
      const ConnectionId connection = next_++;
      Hello(connection, absl::StrCat("w", connection));
      const v1::Lease lease = Take(connection, 40);
      // Suspects come first, among themselves.
      EXPECT_LE(Trials(lease), most) << "of " << lost;
      for (const v1::TrialRange& range : lease.trials()) {
        EXPECT_LE(range.first_index() + range.count(), lost) << "of " << lost;
        EXPECT_EQ(range.attempt(), 2);
      }
      seen += Trials(lease);
    }
    EXPECT_EQ(seen, lost);
    const ConnectionId other = next_++;
    Hello(other, absl::StrCat("w", other));
    EXPECT_GT(Trials(Take(other, 40)), 1);
  }
}

// However much else is there, it never has company again.
TEST_F(LostTest, ATrialThatWasLostAloneGoesOutAlone) {
  Start();
  Create(SmallSpec(50));
  EXPECT_EQ(Trials(TakeAndDie(1)), 1);
  const v1::Lease again = TakeAndDie(40);
  ASSERT_THAT(again.trials(), SizeIs(1));
  EXPECT_EQ(again.trials(0).first_index(), 0);
  EXPECT_EQ(again.trials(0).count(), 1);
  EXPECT_EQ(again.trials(0).attempt(), 2);
  EXPECT_EQ(Trials(TakeAndDie(40)), 1);
  ASSERT_THAT(Writes<QuarantineTrial>(), SizeIs(1));
  EXPECT_EQ(Writes<QuarantineTrial>()[0].trial_index, 0);
  EXPECT_EQ(Writes<QuarantineTrial>()[0].attempt, 3);
}

// A session that was given a trial twice says something of the first time.
TEST_F(LostTest, AResultOfAnOlderAttemptOnTheOwnLeaseIsOnlyCompared) {
  Start();
  Create(SmallSpec(1));
  Hello(1, "w");
  const v1::Lease first = Take(1, 1);
  v1::WorkerMessage released;
  released.set_sequence(1);
  released.mutable_released()->add_lease_ids(first.lease_id());
  Receive(1, released);
  const v1::Lease second = Take(1, 1);
  ASSERT_EQ(second.trials(0).attempt(), 2);

  Receive(1, Result(2, second.lease_id(), 0, 1));

  EXPECT_EQ(coordinator_->GetRunningSweep(1)->progress().leased(), 1);
  for (const RecordReport& write : Writes<RecordReport>()) {
    EXPECT_THAT(write.report.results(), IsEmpty());
  }
  ASSERT_THAT(Writes<CompareResult>(), SizeIs(1));
  EXPECT_EQ(Writes<CompareResult>()[0].result.attempt(), 1);
  Finish(1, 3, second, 0, 2);
  EXPECT_THAT(Writes<RecordReport>(), SizeIs(1));
}

// Lost by one session and then by another: what the first one says late is of
// an attempt that is over.
TEST_F(LostTest, ALateResultOfAnOlderAttemptIsOnlyCompared) {
  Start();
  Create(SmallSpec(1));
  const v1::Lease first = TakeAndDie(1);
  const v1::Lease second = TakeAndDie(1);
  ASSERT_EQ(second.trials(0).attempt(), 2);
  const int64_t lost_by_first = 100, lost_by_second = 101;

  const ConnectionId one = next_++, two = next_++;
  Hello(one, absl::StrCat("w", lost_by_first));
  Hello(two, absl::StrCat("w", lost_by_second));
  Receive(one, Result(1, first.lease_id(), 0, 1));
  Receive(one, Result(2, first.lease_id(), 0, 2));  // Never its own.
  Receive(two, Result(1, second.lease_id(), 0, 1));
  EXPECT_THAT(Writes<RecordLateReport>(), IsEmpty());
  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());
  EXPECT_EQ(coordinator_->GetRunningSweep(1)->progress().pending(), 1);

  Receive(two, Result(2, second.lease_id(), 0, 2));
  EXPECT_THAT(Writes<RecordLateReport>(), SizeIs(1));
}

// What people read afterwards of a worker.
TEST_F(LostTest, ComingAndGoingAreEvents) {
  const auto kinds = [&] {
    std::vector<std::string> found;
    for (const InsertEvent& event : Writes<InsertEvent>()) {
      if (event.kind.find("worker_") != 0) continue;
      EXPECT_THAT(event.message, ::testing::HasSubstr("ada"));
      found.emplace_back(event.kind);
    }
    return found;
  };
  Start();
  Hello(1, "ada");
  EXPECT_THAT(kinds(), ElementsAre("worker_connected"));
  coordinator_->OnDisconnected(1, now_);
  coordinator_->OnDisconnected(1, now_);  // Harmless to repeat.
  Settle();
  EXPECT_THAT(kinds(), ElementsAre("worker_connected", "worker_disconnected"));
}

// As after a copy of the ledger has taken its place.
TEST_F(LostTest, AHelloThatNamesTheLeaseOfAnotherSessionIsToldToDropIt) {
  Start();
  Create(SmallSpec(4));
  Hello(1, "owner");
  const v1::Lease lease = Take(1, 2);

  Hello(2, "other", 1, {lease.lease_id()});

  bool welcomed = false;
  for (const Outgoing& out : messages_) {
    if (out.connection != 2 || !out.message.has_welcome()) continue;
    EXPECT_THAT(out.message.welcome().dropped_lease_ids(),
                ElementsAre(lease.lease_id()));
    welcomed = true;
  }
  EXPECT_TRUE(welcomed);
  EXPECT_THAT(Writes<ReturnTrial>(), IsEmpty());
  // Neither may it report on it, nor hand it back.
  Receive(2, Result(1, lease.lease_id(), 0, 1));
  v1::WorkerMessage released;
  released.set_sequence(2);
  released.mutable_released()->add_lease_ids(lease.lease_id());
  Receive(2, released);
  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());
  EXPECT_THAT(Writes<ReturnTrial>(), IsEmpty());
  Finish(1, 1, lease, 0);
  EXPECT_THAT(Writes<RecordReport>(), SizeIs(1));
}

}  // namespace
}  // namespace fathom::server
