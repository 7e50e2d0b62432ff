// What the coordinator does with sweeps that a worker cannot run.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::CoordinatorTest;
using ::fathom::test::SmallSpec;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class DeclinedTest : public CoordinatorTest {
 protected:
  void Decline(ConnectionId connection, int64_t sequence,
               const v1::Lease& lease,
               const std::string& reason = "field precision is not known") {
    v1::WorkerMessage message;
    message.set_sequence(sequence);
    message.mutable_released()->add_lease_ids(lease.lease_id());
    message.mutable_released()->set_declined(reason);
    Receive(connection, message);
  }

  int CountEvents(const std::string& kind) const {
    int count = 0;
    for (const InsertEvent& event : Writes<InsertEvent>()) {
      count += event.kind == kind;
    }
    return count;
  }
};

TEST_F(DeclinedTest, ADeclinedTrialGoesToAnotherWorkerAndFailsNowhere) {
  Start();
  Hello(1, "old");
  Demand(1, 100);
  Create(SmallSpec(4));
  Decline(1, 1, Leases(1).at(0));
  Demand(1, 100);
  EXPECT_THAT(Leases(1), SizeIs(1));  // Nothing more of it.

  Hello(2, "new");
  Demand(2, 100);

  ASSERT_THAT(Leases(2), SizeIs(1));
  EXPECT_EQ(Leases(2)[0].trials(0).first_index(), 0);
  for (const ReturnTrial& trial : Writes<ReturnTrial>()) {
    EXPECT_FALSE(trial.lost);
  }
  EXPECT_THAT(Writes<ReturnTrial>(), SizeIs(4));
  EXPECT_THAT(Writes<QuarantineTrial>(), IsEmpty());
  EXPECT_EQ(LastProgress().failed(), 0);
}

TEST_F(DeclinedTest, OnlyTheDeclinedSweepIsKeptAway) {
  Start();
  Hello(1, "old");
  Demand(1, 100);
  const v1::Sweep first = Create(SmallSpec(4));
  Decline(1, 1, Leases(1).at(0));
  Demand(1, 100);
  const v1::Sweep second = Create(SmallSpec(3, "second"));
  ASSERT_THAT(Leases(1), SizeIs(2));
  EXPECT_EQ(Leases(1)[1].sweep_id(), second.sweep_id());
  const auto workers = coordinator_->ListWorkers(now_);
  ASSERT_EQ(workers.at(0).declined_size(), 1);
  EXPECT_EQ(workers[0].declined(0).sweep_id(), first.sweep_id());
  EXPECT_EQ(workers[0].declined(0).reason(), "field precision is not known");
}

TEST_F(DeclinedTest, AWorkerThatHandsBackMerelyGetsItAgain) {
  Start();
  Hello(1, "w");
  Demand(1, 100);
  Create(SmallSpec(4));
  Decline(1, 1, Leases(1).at(0), "");
  Demand(1, 100);
  EXPECT_THAT(Leases(1), SizeIs(2));
  EXPECT_EQ(CountEvents("sweep_declined"), 0);
}

TEST_F(DeclinedTest, NobodyDeclinesWhatAnotherHolds) {
  Start();
  Hello(1, "w");
  Hello(2, "other");
  Demand(1, 100);
  Create(SmallSpec(4));
  Decline(2, 1, Leases(1).at(0));
  EXPECT_THAT(Writes<ReturnTrial>(), IsEmpty());
  EXPECT_EQ(CountEvents("sweep_declined"), 0);
  Demand(2, 100);
  EXPECT_THAT(Leases(2), SizeIs(1));
}

TEST_F(DeclinedTest, ItIsSaidOnceAndFitForATerminal) {
  Start();
  Hello(1, "w", 2);
  Demand(1, 2);
  Demand(1, 2);
  Create(SmallSpec(4));
  ASSERT_THAT(Leases(1), SizeIs(2));
  const std::string reason = "\x1b]0;x\x07" + std::string(1 << 20, 'x');
  Decline(1, 1, Leases(1)[0], reason);
  Decline(1, 2, Leases(1)[1], reason);
  ASSERT_EQ(CountEvents("sweep_declined"), 1);
  for (const InsertEvent& event : Writes<InsertEvent>()) {
    if (event.kind != "sweep_declined") continue;
    EXPECT_THAT(event.message, HasSubstr("worker w cannot run it: \\x1b"));
    EXPECT_THAT(event.message, Not(HasSubstr("\x1b")));
    EXPECT_LT(event.message.size(), 4096);
  }
}

// A trial that is to be given out alone waits for a session to be empty.
TEST_F(DeclinedTest, ALonerDoesNotWaitForASessionThatHasDeclinedItsSweep) {
  Start();
  Hello(1, "killed");
  Demand(1, 1);
  Create(SmallSpec(1));
  Tick(absl::Seconds(31));  // Its trial will be tried alone.
  Hello(2, "old", 2);
  Demand(2, 1);
  ASSERT_THAT(Leases(2), SizeIs(1));
  Decline(2, 1, Leases(2)[0]);
  Demand(2, 1);
  Demand(2, 1);
  EXPECT_THAT(Leases(2), SizeIs(1));
  Hello(3, "new");
  Demand(3, 1);
  EXPECT_THAT(Leases(3), SizeIs(1));
}

}  // namespace
}  // namespace fathom::server
