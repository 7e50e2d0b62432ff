// A coordinator that goes on where an earlier one ended.
#include <utility>

#include "gmock/gmock.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RestartTest : public ::fathom::test::CoordinatorTest {
 protected:
  // A ledger with one sweep of 10 trials, of which "w" holds 0..3 and 4 was
  // given back after its second attempt.
  LedgerState State() {
    LedgerState state;
    LedgerState::OpenSweep& open = state.running_sweeps.emplace_back();
    open.sweep.set_sweep_id(7);
    *open.sweep.mutable_spec() = SmallSpec(10);
    open.sweep.set_state(v1::SWEEP_STATE_RUNNING);
    open.sweep.set_trial_count(10);
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
};

TEST_F(RestartTest, AWorkerComesBackToItsLease) {
  Start(State());
  Hello(1, "w", 1, {70});
  v1::Lease lease;
  lease.set_lease_id(70);
  lease.set_sweep_id(7);

  Finish(1, 5, lease, 2);

  EXPECT_THAT(Writes<RecordReport>(), SizeIs(1));
  EXPECT_THAT(Writes<ReturnTrial>(), IsEmpty());
}

TEST_F(RestartTest, NoLeaseExpiresForOneTtl) {
  Start(State());
  Tick(absl::Seconds(29));
  EXPECT_THAT(Writes<ReturnTrial>(), IsEmpty());
  Tick(absl::Seconds(2));
  EXPECT_THAT(Writes<ReturnTrial>(), SizeIs(4));
}

// A copy of the ledger from before has taken its place: it lacks a chunk that
// the worker will not send again.
TEST_F(RestartTest, ACurveThatTheLedgerHasLostAPartOfIsMeasuredAgain) {
  LedgerState state = State();
  state.running_sweeps[0].open_trials[0].next_chunk = 1;
  Start(std::move(state));
  Hello(1, "w", 1, {70});
  int64_t sequence = 0;
  for (const int chunk : {1, 3}) {  // The first one goes on where it ended.
    v1::WorkerMessage message;
    message.set_sequence(++sequence);
    v1::Report& report = *message.mutable_report();
    report.set_lease_id(70);
    report.set_sweep_id(7);
    v1::TrialPoints& points = *report.add_points();
    points.set_trial_index(0);
    points.set_attempt(1);
    points.set_chunk(chunk);
    points.add_metrics(v1::METRIC_LOSS);
    Receive(1, message);
  }
  ASSERT_THAT(Writes<RecordReport>(), SizeIs(1));
  EXPECT_EQ(Writes<RecordReport>()[0].report.points(0).chunk(), 1);
  ASSERT_THAT(Writes<ReturnTrial>(), SizeIs(1));
  EXPECT_EQ(Writes<ReturnTrial>()[0].trial_index, 0);
  EXPECT_FALSE(Writes<ReturnTrial>()[0].lost);
  Demand(1, 1);
  ASSERT_THAT(Leases(1), SizeIs(1));
  EXPECT_EQ(Leases(1)[0].trials(0).first_index(), 0);
  EXPECT_EQ(Leases(1)[0].trials(0).attempt(), 2);
}

TEST_F(RestartTest, AReturnedTrialGoesOutFirstOnItsNextAttempt) {
  Start(State());
  Hello(2, "other");
  Demand(2, 1);
  ASSERT_THAT(Leases(2), SizeIs(1));
  EXPECT_EQ(Leases(2)[0].trials(0).first_index(), 4);
  EXPECT_EQ(Leases(2)[0].trials(0).attempt(), 3);
  EXPECT_GT(Leases(2)[0].lease_id(), 70);
}

TEST_F(RestartTest, LeasesOfADeadProcessEndAtOnceAndAreNotLost) {
  Start(State(), {.workers_outlive_coordinator = false});
  Settle();
  ASSERT_THAT(Writes<ReturnTrial>(), SizeIs(4));
  EXPECT_FALSE(Writes<ReturnTrial>()[0].lost);
  EXPECT_EQ(coordinator_->GetRunningSweep(7)->progress().pending(), 10);
}

}  // namespace
}  // namespace fathom::server
