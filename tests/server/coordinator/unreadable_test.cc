// Sweeps whose specs the coordinator does not understand: nothing is given out,
// nothing is lost, and they can be ended.
#include <limits>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::fathom::test::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class UnreadableTest : public ::fathom::test::CoordinatorTest {
 protected:
  // A ledger with sweep 7 of 10 trials, of which "w" holds 0..3, trial 4 was
  // given back and 5 to 9 were never given out. Its spec has a newer word.
  static LedgerState State() {
    LedgerState state;
    LedgerState::OpenSweep& open = state.running_sweeps.emplace_back();
    open.sweep.set_sweep_id(7);
    *open.sweep.mutable_spec() = SmallSpec(10);
    open.sweep.mutable_spec()->mutable_trial()->mutable_record()->add_metrics(
        static_cast<v1::Metric>(500));
    open.sweep.set_state(v1::SWEEP_STATE_RUNNING);
    open.sweep.set_trial_count(10);
    open.sweep.set_weight(1);
    open.sweep.mutable_progress()->set_pending(6);
    open.sweep.mutable_progress()->set_leased(4);
    open.next_index = 5;
    for (int64_t i = 0; i < 4; ++i) {
      open.open_trials.push_back(
          {.trial_index = i, .attempt = 1, .lease_id = 70});
    }
    open.open_trials.push_back({.trial_index = 4, .attempt = 2});
    state.leases.push_back({70, 7, "w", "w"});
    state.next_sweep_id = 8;
    state.next_lease_id = 71;
    return state;
  }

  static v1::Lease HeldLease() {
    v1::Lease lease;
    lease.set_lease_id(70);
    lease.set_sweep_id(7);
    return lease;
  }
};

TEST_F(UnreadableTest, SaysSoInAnEventAndInEveryAnswer) {
  Start(State());
  Settle();
  const std::vector<InsertEvent> events = Writes<InsertEvent>();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, "sweep_unreadable");
  EXPECT_EQ(events[0].sweep_id, 7);
  EXPECT_TRUE(events[0].once);
  EXPECT_THAT(events[0].message, HasSubstr("500"));
  const auto sweep = coordinator_->GetRunningSweep(7);
  ASSERT_OK(sweep);
  EXPECT_THAT(sweep->unreadable(), HasSubstr("500"));
  EXPECT_EQ(sweep->progress().pending(), 6);
}

TEST_F(UnreadableTest, GivesNothingOutAndStandsInNobodysWay) {
  Start(State());
  Hello(1, "w", 1, {70});
  Demand(1, 100);
  Hello(2, "other");
  Demand(2, 100);
  EXPECT_THAT(Leases(1), IsEmpty());
  EXPECT_THAT(Leases(2), IsEmpty());
  Create(SmallSpec(3, "readable"));
  EXPECT_THAT(Leases(1), SizeIs(1));
  EXPECT_THAT(Leases(2), SizeIs(1));
  EXPECT_EQ(Leases(2)[0].sweep_id(), 8);
}

TEST_F(UnreadableTest, KeepsWhatItsWorkersReport) {
  Start(State());
  Hello(1, "w", 1, {70});
  ASSERT_THAT(messages_, SizeIs(1));
  EXPECT_THAT(messages_[0].message.welcome().dropped_lease_ids(), IsEmpty());
  v1::WorkerMessage message;
  message.set_sequence(1);
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(70);
  v1::TrialPoints& points = *report.add_points();
  points.set_trial_index(0);
  points.set_attempt(1);
  points.add_metrics(v1::METRIC_LOSS);
  points.add_metrics(static_cast<v1::Metric>(500));
  points.add_steps(12345);
  points.add_values(1);
  points.add_values(2);
  Receive(1, message);
  Finish(1, 2, HeldLease(), 0);
  Finish(1, 3, HeldLease(), 1);
  EXPECT_THAT(closes_, IsEmpty());
  ASSERT_THAT(Writes<RecordReport>(), SizeIs(3));
  EXPECT_EQ(Writes<RecordReport>()[0].report.points_size(), 1);
  EXPECT_EQ(LastProgress().succeeded(), 2);
  EXPECT_EQ(LastProgress().leased(), 2);
}

// The part of what was lost that turns up after all is kept as well.
TEST_F(UnreadableTest, KeepsWhatTurnsUpAfterItsLeaseHasExpired) {
  Start(State());
  Tick(absl::Seconds(40));
  EXPECT_THAT(Writes<ReturnTrial>(), SizeIs(4));
  Hello(1, "w", 1, {70});
  Finish(1, 1, HeldLease(), 2);
  EXPECT_THAT(Writes<RecordLateReport>(), SizeIs(1));
}

TEST_F(UnreadableTest, IsCancelledForGood) {
  Start(State());
  Hello(1, "w", 1, {70});
  const auto cancelled = coordinator_->CancelSweep(7, now_);
  ASSERT_OK(cancelled);
  Settle();
  EXPECT_EQ(cancelled->state(), v1::SWEEP_STATE_CANCELLED);
  EXPECT_EQ(cancelled->progress().cancelled(), 10);
  EXPECT_THAT(Writes<CancelTrials>(), SizeIs(1));
  ASSERT_THAT(Writes<UpdateSweep>(), SizeIs(1));
  EXPECT_EQ(Writes<UpdateSweep>()[0].state, v1::SWEEP_STATE_CANCELLED);
  ASSERT_FALSE(messages_.empty());
  EXPECT_TRUE(messages_.back().message.has_revoke());
  EXPECT_THAT(coordinator_->GetRunningSweep(7),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(UnreadableTest, CanBePausedAndIsNotRetried) {
  Start(State());
  v1::UpdateSweepRequest request;
  request.set_paused(true);
  EXPECT_OK(coordinator_->ChangeSweep(7, request, now_));
  LedgerState::OpenSweep recorded = std::move(State().running_sweeps[0]);
  recorded.sweep.set_unreadable("it has a newer word");
  const absl::Status status =
      coordinator_->RetryTrials(std::move(recorded), now_).status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(status.message()), HasSubstr("a newer word"));
}

// What the ledger could not parse has no spec at all.
TEST_F(UnreadableTest, MayHaveNoSpec) {
  LedgerState state = State();
  state.running_sweeps[0].sweep.mutable_spec()->Clear();
  state.running_sweeps[0].sweep.mutable_spec()->set_name("torn");
  state.running_sweeps[0].sweep.set_unreadable("its spec is damaged");
  Start(std::move(state));
  Hello(1, "w", 1, {70});
  for (int64_t i = 0; i < 4; ++i) Finish(1, i + 1, HeldLease(), i);
  EXPECT_THAT(Writes<RecordReport>(), SizeIs(4));
  EXPECT_EQ(LastProgress().succeeded(), 4);
  EXPECT_OK(coordinator_->CancelSweep(7, now_));
}

// The rules of today say nothing about what was stored.
TEST_F(UnreadableTest, ASpecThatTodaysRulesRefuseIsReadable) {
  LedgerState state = State();
  v1::SweepSpec& spec = *state.running_sweeps[0].sweep.mutable_spec();
  spec = SmallSpec(10, "not a name of today");
  spec.mutable_trial()->mutable_model()->set_depth(99);
  Start(std::move(state));
  Settle();
  EXPECT_THAT(Writes<InsertEvent>(), IsEmpty());
  Hello(1, "other");
  Demand(1, 100);
  ASSERT_THAT(Leases(1), SizeIs(1));
  EXPECT_EQ(Trials(Leases(1)[0]), 6);
}

}  // namespace
}  // namespace fathom::server
