// Who gets the slots, and what becomes of bundles that are lost.
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SharingTest : public ::fathom::test::CoordinatorTest {
 protected:
  v1::Sweep Change(int64_t sweep, const v1::UpdateSweepRequest& request) {
    auto changed = coordinator_->ChangeSweep(sweep, request, now_);
    EXPECT_OK(changed);
    Settle();
    return changed.ok() ? *changed : v1::Sweep();
  }
  void Pause(int64_t sweep, bool paused) {
    v1::UpdateSweepRequest request;
    request.set_paused(paused);
    Change(sweep, request);
  }
  void SetWeight(int64_t sweep, double weight) {
    v1::UpdateSweepRequest request;
    request.set_weight(weight);
    Change(sweep, request);
  }
  void SetPriority(int64_t sweep, int32_t priority) {
    v1::UpdateSweepRequest request;
    request.set_priority(priority);
    Change(sweep, request);
  }

  void FinishLease(ConnectionId connection, const v1::Lease& lease) {
    for (const v1::TrialRange& range : lease.trials()) {
      for (int64_t i = 0; i < range.count(); ++i) {
        Finish(connection, ++sequence_, lease, range.first_index() + i,
               range.attempt());
      }
    }
  }

  // One slot takes leases of one trial, each for the time that its sweep's
  // trials take. Returns the slot time that each sweep gets.
  std::map<int64_t, absl::Duration> Serve(
      int leases, std::map<int64_t, absl::Duration> times) {
    if (coordinator_->ListWorkers(now_).empty()) Hello(1, "slot");
    std::map<int64_t, absl::Duration> got;
    for (int i = 0; i < leases; ++i) {
      messages_.clear();
      Demand(1, 1);
      const v1::Lease lease = Leases(1).back();
      now_ += times[lease.sweep_id()];
      got[lease.sweep_id()] += times[lease.sweep_id()];
      FinishLease(1, lease);
    }
    return got;
  }

  int64_t sequence_ = 0;
};

TEST_F(SharingTest, SlotTimeGoesByWeightHoweverLongTrialsTake) {
  Start();
  Create(SmallSpec(100'000, "long"));
  Create(SmallSpec(100'001, "short"));
  SetWeight(1, 3);
  auto got = Serve(4000, {{1, absl::Seconds(20)}, {2, absl::Seconds(2)}});
  EXPECT_NEAR(absl::FDivDuration(got[1], got[2]), 3, 0.05);
}

TEST_F(SharingTest, GrantsAtOneInstantTakeTurns) {
  Start();
  Hello(1, "many", 8);
  for (int i = 0; i < 8; ++i) Demand(1, 1);
  // The first sweep takes all slots that wait; the next ones share.
  Create(SmallSpec(1000, "a"));
  Create(SmallSpec(1001, "b"));
  Hello(2, "more", 12);
  for (int i = 0; i < 12; ++i) Demand(2, 1);
  std::map<int64_t, int> leases;
  for (const v1::Lease& lease : Leases(2)) ++leases[lease.sweep_id()];
  EXPECT_EQ(leases[1], 6);
  EXPECT_EQ(leases[2], 6);
}

TEST_F(SharingTest, ANewSweepHasNoClaimToThePast) {
  Start();
  Create(SmallSpec(100'000, "old"));
  Serve(100, {{1, absl::Seconds(10)}});
  Create(SmallSpec(100'001, "new"));
  auto got = Serve(100, {{1, absl::Seconds(10)}, {2, absl::Seconds(10)}});
  EXPECT_NEAR(absl::FDivDuration(got[1], got[2]), 1, 0.05);
}

// Whatever is asked for in a loop: half of the slots is what there is for each.
TEST_F(SharingTest, AskingGetsNobodyMoreThanItsShare) {
  const std::function<void()> requests[] = {[&] { SetWeight(1, 1); },
                                            [&] {
                                              SetWeight(1, 1000);
                                              SetWeight(1, 1);
                                            },
                                            [&] { SetPriority(1, 0); },
                                            [&] {
                                              SetPriority(1, 5);
                                              SetPriority(1, 0);
                                            },
                                            [&] {
                                              Pause(1, true);
                                              Pause(1, false);
                                            }};
  for (size_t i = 0; i < std::size(requests); ++i) {
    messages_.clear();
    sequence_ = 0;
    Start();
    Create(SmallSpec(100'000, "greedy"));
    Create(SmallSpec(100'001, "modest"));
    std::map<int64_t, absl::Duration> got;
    for (int round = 0; round < 400; ++round) {
      for (const auto& [sweep, time] :
           Serve(1, {{1, absl::Seconds(20)}, {2, absl::Seconds(2)}})) {
        got[sweep] += time;
      }
      requests[i]();
    }
    EXPECT_NEAR(absl::FDivDuration(got[1], got[2]), 1, 0.05) << i;
  }
}

// What it had under one weight is not counted again under another.
TEST_F(SharingTest, ANewWeightIsForWhatIsToCome) {
  Start();
  Create(SmallSpec(100'000, "a"));
  Create(SmallSpec(100'001, "b"));
  const std::map<int64_t, absl::Duration> times = {{1, absl::Seconds(5)},
                                                   {2, absl::Seconds(5)}};
  Serve(400, times);
  SetWeight(1, 3);
  auto got = Serve(400, times);
  EXPECT_NEAR(absl::FDivDuration(got[1], got[2]), 3, 0.1);
}

// A sweep that was paused has no claim to what others had meanwhile.
TEST_F(SharingTest, WhoComesBackCompetesFromThenOn) {
  Start();
  Create(SmallSpec(100'000, "a"));
  Create(SmallSpec(100'001, "b"));
  const std::map<int64_t, absl::Duration> times = {{1, absl::Seconds(5)},
                                                   {2, absl::Seconds(5)}};
  Pause(1, true);
  Serve(200, times);
  Pause(1, false);
  auto got = Serve(200, times);
  EXPECT_NEAR(absl::FDivDuration(got[1], got[2]), 1, 0.05);
}

TEST_F(SharingTest, AHigherPriorityGoesFirst) {
  Start();
  Create(SmallSpec(100, "normal"));
  Create(SmallSpec(3, "urgent"));
  SetPriority(2, 1);
  auto got = Serve(5, {{1, absl::Seconds(1)}, {2, absl::Seconds(1)}});
  EXPECT_EQ(got[2], absl::Seconds(3));
  EXPECT_EQ(got[1], absl::Seconds(2));
}

TEST_F(SharingTest, APausedSweepGivesNothingOutAndKeepsWhatWorkersHold) {
  Start();
  Create(SmallSpec(10));
  Hello(1, "w");
  Demand(1, 4);
  Pause(1, true);
  Demand(1, 4);
  ASSERT_THAT(Leases(1), SizeIs(1));
  FinishLease(1, Leases(1)[0]);
  EXPECT_EQ(LastProgress().succeeded(), 4);
  EXPECT_TRUE(Writes<UpdateSweep>().back().paused);

  Pause(1, false);

  EXPECT_THAT(Leases(1), SizeIs(2));
}

TEST_F(SharingTest, ValuesOutOfRangeAreRefused) {
  Start();
  Create(SmallSpec(1));
  v1::UpdateSweepRequest request;
  request.set_weight(0);
  EXPECT_THAT(coordinator_->ChangeSweep(1, request, now_),
              StatusIs(absl::StatusCode::kInvalidArgument));
  request.set_weight(1);
  request.set_priority(1001);
  EXPECT_THAT(coordinator_->ChangeSweep(1, request, now_),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(coordinator_->ChangeSweep(2, {}, now_),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(SharingTest, ADrainedWorkerFinishesAndGetsNothingMore) {
  Start();
  Create(SmallSpec(10));
  Hello(1, "w");
  Demand(1, 2);
  Demand(1, 2);
  EXPECT_THAT(coordinator_->DrainWorkers("nobody", now_),
              StatusIs(absl::StatusCode::kNotFound));

  ASSERT_OK(coordinator_->DrainWorkers("w", now_));
  Settle();

  EXPECT_TRUE(messages_.back().message.has_drain());
  EXPECT_TRUE(coordinator_->ListWorkers(now_)[0].draining());
  const size_t before = Leases(1).size();
  FinishLease(1, Leases(1)[0]);
  Demand(1, 2);
  EXPECT_THAT(Leases(1), SizeIs(before));
  // The message may have been lost with its stream.
  coordinator_->OnDisconnected(1, now_);
  Hello(2, "w", 1, {Leases(1).back().lease_id()});
  EXPECT_TRUE(messages_.back().message.has_drain());
}

TEST_F(SharingTest, ACoordinatorThatStopsGivesNothingOut) {
  Start();
  Create(SmallSpec(10));
  Hello(1, "w");
  Demand(1, 2);
  coordinator_->StopGranting();
  Demand(1, 2);
  EXPECT_THAT(Leases(1), SizeIs(1));
  EXPECT_EQ(coordinator_->open_leases(), 1);
  FinishLease(1, Leases(1)[0]);
  EXPECT_EQ(coordinator_->open_leases(), 0);
}

// One lane of 64 kills its worker: it is found in 6 halvings, and nobody else
// ever loses a worker alone.
TEST_F(SharingTest, AKillerIsFoundByHalvingAndItsNeighboursStayInnocent) {
  Start();
  Create(SmallSpec(64));
  constexpr int64_t kKiller = 37;
  int deaths = 0;
  for (ConnectionId connection = 1; connection <= 60; ++connection) {
    Hello(connection, absl::StrCat("w", connection));
    Demand(connection, 64);
    if (Leases(connection).empty()) break;
    const v1::Lease lease = Leases(connection)[0];
    bool dies = false;
    for (const v1::TrialRange& range : lease.trials()) {
      dies |= range.first_index() <= kKiller &&
              kKiller < range.first_index() + range.count();
    }
    deaths += dies;
    if (!dies) FinishLease(connection, lease);
    coordinator_->OnDisconnected(connection, now_);
    Tick(absl::Seconds(31));
  }
  EXPECT_EQ(deaths, 6 + 3);
  ASSERT_THAT(Writes<QuarantineTrial>(), SizeIs(1));
  EXPECT_EQ(Writes<QuarantineTrial>()[0].trial_index, kKiller);
  EXPECT_EQ(LastProgress().succeeded(), 63);
  for (const ReturnTrial& trial : Writes<ReturnTrial>()) {
    EXPECT_TRUE(trial.bundle > 1 || trial.trial_index == kKiller);
  }
}

// Workers with two slots, one lease each: what shares a worker in another lease
// with a trial that kills workers is as innocent as what shares its lease.
TEST_F(SharingTest, WhatTheOtherSlotHoldsIsNotBlamed) {
  Start();
  Create(SmallSpec(6));
  constexpr int64_t kKiller = 2;
  for (ConnectionId connection = 1; connection <= 60; ++connection) {
    Hello(connection, absl::StrCat("w", connection), 2);
    bool dies = false;
    for (int turn = 0; turn < 8 && !dies; ++turn) {
      Demand(connection, 1);
      Demand(connection, 1);
      const std::vector<v1::Lease> leases = Leases(connection);
      messages_.clear();
      for (const v1::Lease& lease : leases) {
        dies |= lease.trials(0).first_index() == kKiller;
      }
      if (dies) break;
      for (const v1::Lease& lease : leases) FinishLease(connection, lease);
    }
    coordinator_->OnDisconnected(connection, now_);
    Tick(absl::Seconds(31));
  }
  ASSERT_THAT(Writes<QuarantineTrial>(), SizeIs(1));
  EXPECT_EQ(Writes<QuarantineTrial>()[0].trial_index, kKiller);
  EXPECT_EQ(LastProgress().succeeded(), 5);
  for (const ReturnTrial& trial : Writes<ReturnTrial>()) {
    EXPECT_TRUE(!trial.lost || trial.bundle > 1 ||
                trial.trial_index == kKiller);
  }
}

TEST_F(SharingTest, ATrialLostWithAnotherOneIsNextAloneWithItsWorker) {
  Start();
  Create(SmallSpec(8));
  Hello(1, "dies", 2);
  Demand(1, 1);
  Demand(1, 1);
  coordinator_->OnDisconnected(1, now_);
  Tick(absl::Seconds(31));  // Trials 0 and 1 are suspects now.

  // A worker that holds something gets neither, nor anything else, until it is
  // empty: else its slots would never be free at once.
  Hello(2, "first", 2);
  Pause(1, true);
  Hello(3, "second", 2);
  Create(SmallSpec(2, "other"));
  Demand(2, 1);
  ASSERT_THAT(Leases(2), SizeIs(1));
  EXPECT_EQ(Leases(2)[0].sweep_id(), 2);
  Pause(1, false);
  Demand(2, 1);
  EXPECT_THAT(Leases(2), SizeIs(1));
  Demand(3, 1);
  ASSERT_THAT(Leases(3), SizeIs(1));
  EXPECT_EQ(Leases(3)[0].trials(0).first_index(), 0);
  Demand(3, 1);
  EXPECT_THAT(Leases(3), SizeIs(1));  // Alone.
  FinishLease(2, Leases(2)[0]);
  ASSERT_THAT(Leases(2), SizeIs(2));
  EXPECT_EQ(Leases(2)[1].trials(0).first_index(), 1);
  EXPECT_EQ(Leases(2)[1].trials(0).attempt(), 2);

  FinishLease(3, Leases(3)[0]);  // Innocent: the waiting slot goes on.
  EXPECT_THAT(Leases(3), SizeIs(2));
}

TEST_F(SharingTest, TheResultOfALostAttemptCountsWhileNobodyElseHasTheTrial) {
  Start();
  Create(SmallSpec(2));
  Hello(1, "slow");
  Demand(1, 2);
  const v1::Lease lease = Leases(1)[0];
  coordinator_->OnDisconnected(1, now_);
  Tick(absl::Seconds(31));
  ASSERT_THAT(Writes<ReturnTrial>(), SizeIs(2));
  Hello(2, "slow", 1, {lease.lease_id()});
  Hello(3, "other");

  Finish(3, 1, lease, 0);  // Not the one who lost it.
  EXPECT_THAT(Writes<RecordLateReport>(), IsEmpty());
  Finish(2, 1, lease, 0);

  ASSERT_THAT(Writes<RecordLateReport>(), SizeIs(1));
  EXPECT_EQ(LastProgress().succeeded(), 1);
  EXPECT_EQ(LastProgress().pending(), 1);
  Demand(3, 2);
  ASSERT_THAT(Leases(3), SizeIs(1));
  EXPECT_EQ(Leases(3)[0].trials(0).first_index(), 1);
  Finish(2, 2, lease, 1);  // Somebody else has it now.
  EXPECT_THAT(Writes<RecordLateReport>(), SizeIs(1));
  Finish(3, 2, Leases(3)[0], 1, 2);
  EXPECT_EQ(Writes<UpdateSweep>().back().state, v1::SWEEP_STATE_COMPLETED);
}

class RetryTest : public SharingTest {
 protected:
  // A sweep of three whose second trial has failed, as the ledger has it.
  LedgerState::OpenSweep Recorded(v1::SweepState state) {
    LedgerState::OpenSweep recorded;
    recorded.sweep.set_sweep_id(1);
    *recorded.sweep.mutable_spec() = SmallSpec(3);
    recorded.sweep.set_state(state);
    recorded.sweep.set_trial_count(3);
    recorded.sweep.set_weight(1);
    recorded.sweep.mutable_progress()->set_succeeded(2);
    recorded.sweep.mutable_progress()->set_failed(1);
    recorded.sweep.mutable_progress()->set_fraction(1);
    recorded.next_index = 3;
    recorded.open_trials.push_back({.trial_index = 1, .attempt = 3});
    return recorded;
  }
};

TEST_F(RetryTest, ACompletedSweepIsRunningAgainUntilItsFailuresEnd) {
  Start();
  ASSERT_OK(
      coordinator_->RetryTrials(Recorded(v1::SWEEP_STATE_COMPLETED), now_));
  // Before that is on disk, the ledger must not be asked again.
  EXPECT_THAT(
      coordinator_->RetryTrials(Recorded(v1::SWEEP_STATE_COMPLETED), now_),
      StatusIs(absl::StatusCode::kUnavailable));
  Settle();
  EXPECT_EQ(Writes<UpdateSweep>().back().state, v1::SWEEP_STATE_RUNNING);
  EXPECT_EQ(LastProgress().failed(), 0);
  EXPECT_EQ(LastProgress().pending(), 1);
  Hello(1, "w");
  Demand(1, 8);
  ASSERT_THAT(Leases(1), SizeIs(1));
  EXPECT_EQ(Leases(1)[0].trials(0).first_index(), 1);
  EXPECT_EQ(Leases(1)[0].trials(0).attempt(), 4);
  FinishLease(1, Leases(1)[0]);
  EXPECT_EQ(Writes<UpdateSweep>().back().state, v1::SWEEP_STATE_COMPLETED);
  EXPECT_EQ(LastProgress().succeeded(), 3);
}

TEST_F(RetryTest, CancelIsFinal) {
  Start();
  EXPECT_THAT(
      coordinator_->RetryTrials(Recorded(v1::SWEEP_STATE_CANCELLED), now_),
      StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace fathom::server
