#include "server/coordinator/coordinator.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using CoordinatorTest = ::fathom::test::CoordinatorTest;

TEST_F(CoordinatorTest, AnOpenDemandIsAnsweredWhenASweepArrives) {
  Start();
  Hello(1, "w");
  Demand(1, 4);
  EXPECT_THAT(Leases(1), IsEmpty());

  Create(SmallSpec(10));

  ASSERT_THAT(Leases(1), SizeIs(1));
  EXPECT_EQ(Trials(Leases(1)[0]), 4);
  EXPECT_EQ(Leases(1)[0].trials(0).first_index(), 0);
  EXPECT_EQ(Leases(1)[0].trials(0).attempt(), 1);
}

TEST_F(CoordinatorTest, ASmallSweepIsSpreadOverAllSlots) {
  Start();
  Hello(1, "a", 2);
  Hello(2, "b", 2);
  for (ConnectionId connection : {1, 1, 2, 2}) Demand(connection, 100);

  Create(SmallSpec(10));

  EXPECT_EQ(Trials(Leases(1)[0]), 3);
  EXPECT_THAT(Leases(2), SizeIs(2));
  EXPECT_EQ(LastProgress().pending(), 0);
  EXPECT_EQ(LastProgress().leased(), 10);
}

TEST_F(CoordinatorTest, TheLeaseIsWrittenBeforeItIsSent) {
  Start();
  Hello(1, "w");
  Demand(1, 4);
  coordinator_->CreateSweep(SmallSpec(10), false, now_).IgnoreError();

  const Effects effects = coordinator_->TakeEffects();

  bool written = false;
  for (const Write& write : effects.writes) {
    written |= std::holds_alternative<InsertLease>(write);
  }
  EXPECT_TRUE(written);
  ASSERT_THAT(effects.messages, SizeIs(1));
  EXPECT_TRUE(effects.messages[0].message.has_lease());
}

TEST_F(CoordinatorTest, ASweepEndsWithItsLastTrial) {
  Start();
  Hello(1, "w");
  Create(SmallSpec(2));
  Demand(1, 2);
  const v1::Lease lease = Leases(1)[0];

  Finish(1, 1, lease, 0, 1, v1::TRIAL_STATE_DIVERGED);
  EXPECT_THAT(Writes<DeleteLease>(), IsEmpty());
  Finish(1, 2, lease, 1);

  EXPECT_THAT(Writes<DeleteLease>(), SizeIs(1));
  const UpdateSweep last = Writes<UpdateSweep>().back();
  EXPECT_EQ(last.state, v1::SWEEP_STATE_COMPLETED);
  EXPECT_EQ(last.progress.diverged(), 1);
  EXPECT_EQ(last.progress.succeeded(), 1);
  EXPECT_EQ(last.progress.fraction(), 1.0);
  EXPECT_THAT(coordinator_->GetRunningSweep(1),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CoordinatorTest, ASilentSessionLosesItsTrialsToTheNextAttempt) {
  Start();
  Create(SmallSpec(3));
  Hello(1, "silent");
  Demand(1, 8);
  Hello(2, "eager");
  Tick(absl::Seconds(29));
  v1::WorkerMessage heartbeat;
  heartbeat.mutable_heartbeat();
  Receive(2, heartbeat);
  Demand(2, 8);
  EXPECT_THAT(Leases(2), IsEmpty());

  Tick(absl::Seconds(2));

  ASSERT_THAT(Leases(2), SizeIs(1));
  EXPECT_EQ(Leases(2)[0].trials(0).attempt(), 2);
  ASSERT_THAT(Writes<ReturnTrial>(), SizeIs(3));
  EXPECT_TRUE(Writes<ReturnTrial>()[0].lost);
  EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(CoordinatorTest, AStaleAttemptChangesNothingAndIsCompared) {
  Start();
  Create(SmallSpec(1));
  Hello(1, "slow");
  Demand(1, 1);
  const v1::Lease first = Leases(1)[0];
  Tick(absl::Seconds(31));
  Hello(2, "next");
  Demand(2, 1);
  Hello(3, "slow", 1, {first.lease_id()});

  Finish(3, 1, first, 0);

  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());
  EXPECT_THAT(Writes<CompareResult>(), SizeIs(1));
  EXPECT_EQ(coordinator_->GetRunningSweep(1)->progress().leased(), 1);
  Finish(2, 1, Leases(2)[0], 0, 2);
  EXPECT_THAT(Writes<RecordReport>(), SizeIs(1));
}

TEST_F(CoordinatorTest, AForeignSessionCannotReportForALease) {
  Start();
  Create(SmallSpec(1));
  Hello(1, "owner");
  Demand(1, 1);
  Hello(2, "thief");

  Finish(2, 1, Leases(1)[0], 0);

  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());
}

TEST_F(CoordinatorTest, AReportSentAgainIsAcknowledgedAndNotCountedTwice) {
  Start();
  Create(SmallSpec(2));
  Hello(1, "w");
  Demand(1, 2);
  const v1::Lease lease = Leases(1)[0];
  Finish(1, 1, lease, 0);
  coordinator_->OnDisconnected(1, now_);
  Hello(2, "w", 1, {lease.lease_id()});

  Finish(2, 1, lease, 0);

  EXPECT_THAT(Writes<RecordReport>(), SizeIs(1));
  EXPECT_EQ(messages_.back().message.ack().sequence(), 1);
  EXPECT_EQ(coordinator_->GetRunningSweep(1)->progress().succeeded(), 1);
}

TEST_F(CoordinatorTest, AReconnectedSessionKeepsTheLeasesItNamesOnly) {
  Start();
  Create(SmallSpec(20));
  Hello(1, "w", 2);
  Demand(1, 3);
  Demand(1, 3);
  ASSERT_THAT(Leases(1), SizeIs(2));
  coordinator_->OnDisconnected(1, now_);

  Hello(2, "w", 2, {Leases(1)[0].lease_id(), 999});

  EXPECT_EQ(Trials(Leases(1)[0]),
            coordinator_->GetRunningSweep(1)->progress().leased());
  for (const ReturnTrial& trial : Writes<ReturnTrial>()) {
    EXPECT_FALSE(trial.lost);
  }
  int welcomes = 0;
  for (const Outgoing& out : messages_) {
    if (out.connection != 2 || !out.message.has_welcome()) continue;
    EXPECT_THAT(out.message.welcome().dropped_lease_ids(), ElementsAre(999));
    ++welcomes;
  }
  EXPECT_EQ(welcomes, 1);
}

TEST_F(CoordinatorTest, ReleasedTrialsDoNotCountAsLost) {
  Start();
  Create(SmallSpec(2));
  Hello(1, "w");
  for (int round = 1; round <= 5; ++round) {
    Demand(1, 2);
    v1::WorkerMessage message;
    message.set_sequence(round);
    message.mutable_released()->add_lease_ids(Leases(1).back().lease_id());
    Receive(1, message);
  }
  EXPECT_EQ(coordinator_->GetRunningSweep(1)->progress().pending(), 2);
  EXPECT_THAT(Writes<QuarantineTrial>(), IsEmpty());
}

TEST_F(CoordinatorTest, TimeInWhichTheCoordinatorDidNotRunIsNobodysSilence) {
  Start();
  Create(SmallSpec(1));
  Hello(1, "w");
  Demand(1, 1);
  Tick(absl::Seconds(10));
  for (const absl::Duration jump : {absl::Hours(1), -absl::Hours(2)}) {
    now_ += jump;
    coordinator_->OnTick(now_);
    Settle();
  }
  EXPECT_THAT(Writes<ReturnTrial>(), IsEmpty());
  Tick(absl::Seconds(31));
  EXPECT_THAT(Writes<ReturnTrial>(), SizeIs(1));
}

// A stop that is longer than the TTL, and shorter than others notice.
TEST_F(CoordinatorTest, AShortTtlDoesNotMakeAShortStopSilence) {
  Start({}, {.lease_ttl = absl::Seconds(1)});
  Create(SmallSpec(1));
  Hello(1, "w");
  Demand(1, 1);
  Tick(absl::Seconds(1));
  now_ += absl::Seconds(2);
  coordinator_->OnTick(now_);
  Settle();
  EXPECT_THAT(Writes<ReturnTrial>(), IsEmpty());
  Tick(absl::Seconds(2));
  EXPECT_THAT(Writes<ReturnTrial>(), SizeIs(1));
}

TEST_F(CoordinatorTest, ALeavingWorkerGetsNothingMoreAndKeepsNothing) {
  Start();
  Create(SmallSpec(4));
  Hello(1, "w", 2);
  Demand(1, 2);
  Demand(1, 2);
  Demand(1, 2);  // Stays open.
  ASSERT_THAT(Leases(1), SizeIs(2));
  v1::WorkerMessage leaving;
  leaving.mutable_leaving();
  Receive(1, leaving);
  v1::WorkerMessage released;
  released.set_sequence(1);
  released.mutable_released()->add_lease_ids(Leases(1)[0].lease_id());

  Receive(1, released);
  coordinator_->OnDisconnected(1, now_);
  Settle();

  EXPECT_THAT(Leases(1), SizeIs(2));
  ASSERT_THAT(Writes<ReturnTrial>(), SizeIs(4));
  for (const ReturnTrial& trial : Writes<ReturnTrial>()) {
    EXPECT_FALSE(trial.lost);
  }
  EXPECT_THAT(coordinator_->ListWorkers(now_), IsEmpty());
}

TEST_F(CoordinatorTest, DemandsAreAnsweredInTheOrderTheyCame) {
  Start();
  Hello(1, "z");
  Hello(2, "a");
  Demand(1, 1);
  Demand(2, 1);
  Create(SmallSpec(1));
  EXPECT_THAT(Leases(1), SizeIs(1));
  EXPECT_THAT(Leases(2), IsEmpty());
}

TEST_F(CoordinatorTest, ASweepThatEndsInTheSameBatchIsNotRunAgain) {
  Start();
  Create(SmallSpec(1));
  Hello(1, "w");
  Demand(1, 1);
  v1::WorkerMessage message;
  message.set_sequence(1);
  message.mutable_report()->set_lease_id(Leases(1)[0].lease_id());
  v1::TrialResult& result = *message.mutable_report()->add_results();
  result.set_attempt(1);
  result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
  coordinator_->OnMessage(1, message, now_);

  const auto again = coordinator_->CreateSweep(SmallSpec(1), false, now_);

  EXPECT_EQ(again->sweep_id(), 1);
  EXPECT_EQ(again->state(), v1::SWEEP_STATE_COMPLETED);
}

TEST_F(CoordinatorTest, ATrialThatKillsItsWorkersIsQuarantinedAlone) {
  Start();
  Create(SmallSpec(4));
  int64_t sequence = 0;
  // Trial 2 kills whoever holds it, at once; the others need a live worker.
  for (ConnectionId connection = 1; connection <= 40; ++connection) {
    Hello(connection, absl::StrCat("w", connection));
    Demand(connection, 4);
    if (Leases(connection).empty()) break;
    const v1::Lease lease = Leases(connection)[0];
    bool poisoned = false;
    for (const v1::TrialRange& range : lease.trials()) {
      poisoned |=
          range.first_index() <= 2 && 2 < range.first_index() + range.count();
    }
    if (!poisoned) {
      for (const v1::TrialRange& range : lease.trials()) {
        for (int64_t i = 0; i < range.count(); ++i) {
          Finish(connection, ++sequence, lease, range.first_index() + i,
                 range.attempt());
        }
      }
    }
    coordinator_->OnDisconnected(connection, now_);
    Tick(absl::Seconds(31));
  }
  ASSERT_THAT(Writes<QuarantineTrial>(), SizeIs(1));
  EXPECT_EQ(Writes<QuarantineTrial>()[0].trial_index, 2);
  EXPECT_EQ(LastProgress().succeeded(), 3);
  EXPECT_EQ(LastProgress().failed(), 1);
}

TEST_F(CoordinatorTest, CancelIsFinalAndRevokesLeases) {
  Start();
  Create(SmallSpec(10));
  Hello(1, "w");
  Demand(1, 4);
  const v1::Lease lease = Leases(1)[0];

  ASSERT_OK(coordinator_->CancelSweep(1, now_));
  Settle();

  EXPECT_THAT(messages_.back().message.revoke().lease_ids(),
              ElementsAre(lease.lease_id()));
  EXPECT_EQ(LastProgress().cancelled(), 10);
  Finish(1, 1, lease, 0);
  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());
  Demand(1, 4);
  EXPECT_THAT(Leases(1), SizeIs(1));
}

TEST_F(CoordinatorTest, AnotherProtocolVersionIsRefusedWithBothVersions) {
  Start();
  v1::WorkerMessage message;
  message.mutable_hello()->set_protocol_version(kProtocolVersion + 1);
  message.mutable_hello()->set_session_id("s");
  message.mutable_hello()->set_slots(1);

  Receive(7, message);

  EXPECT_THAT(closes_[7], StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(closes_[7].message()),
              ::testing::HasSubstr(absl::StrCat(kProtocolVersion + 1)));
}

TEST_F(CoordinatorTest, AStreamThatDoesNotSayHelloIsClosed) {
  Start();
  Demand(3, 1);
  EXPECT_THAT(closes_[3], StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CoordinatorTest, AReportThatCannotBeStoredIsRefused) {
  Start();
  Create(SmallSpec(1));
  Hello(1, "w");
  Demand(1, 1);
  v1::WorkerMessage message;
  message.set_sequence(1);
  message.mutable_report()->set_lease_id(Leases(1)[0].lease_id());
  v1::TrialPoints& points = *message.mutable_report()->add_points();
  points.set_attempt(1);
  points.add_metrics(v1::METRIC_LOSS);
  points.add_steps(0);

  Receive(1, message);  // A step without its value.

  EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Writes<RecordReport>(), IsEmpty());
}

TEST_F(CoordinatorTest, TheSameSpecAgainIsTheSameSweep) {
  Start();
  EXPECT_EQ(Create(SmallSpec(5)).sweep_id(), 1);
  EXPECT_EQ(Create(SmallSpec(5)).sweep_id(), 1);
  EXPECT_EQ(Create(SmallSpec(6)).sweep_id(), 2);
  EXPECT_EQ(coordinator_->CreateSweep(SmallSpec(5), true, now_)->sweep_id(), 3);
}

TEST_F(CoordinatorTest, HeartbeatsMoveTheProgress) {
  Start();
  Create(SmallSpec(4));  // 100 steps each.
  Hello(1, "w");
  Demand(1, 4);
  v1::WorkerMessage message;
  v1::LeaseProgress& progress = *message.mutable_heartbeat()->add_progress();
  progress.set_lease_id(Leases(1)[0].lease_id());
  progress.set_steps(100);
  Receive(1, message);
  EXPECT_DOUBLE_EQ(coordinator_->GetRunningSweep(1)->progress().fraction(),
                   0.25);
  Finish(1, 1, Leases(1)[0], 0);
  EXPECT_DOUBLE_EQ(coordinator_->GetRunningSweep(1)->progress().fraction(),
                   0.25);
}

// Cost does not depend on the number of trials: the first and the last lease of
// a sweep of 10^8 trials are given out by the same few operations.
TEST_F(CoordinatorTest, ASweepOfAHundredMillionTrialsIsAcceptedAtOnce) {
  Start();
  Hello(1, "w");
  const v1::Sweep sweep = Create(SmallSpec(100'000'000));
  EXPECT_EQ(sweep.trial_count(), 100'000'000);
  Demand(1, 16);
  EXPECT_EQ(Trials(Leases(1)[0]), 16);
}

}  // namespace
}  // namespace fathom::server
