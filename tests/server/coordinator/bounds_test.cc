// What one worker can make the coordinator do, hold and believe.
#include <algorithm>
#include <ctime>
#include <numeric>
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
using ::testing::IsEmpty;
using ::testing::SizeIs;

// CPU seconds of this thread so far.
double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

class BoundsTest : public CoordinatorTest {
 protected:
  void Progress(ConnectionId connection, int64_t lease_id, int64_t steps,
                int times = 1) {
    v1::WorkerMessage message;
    for (; times > 0; --times) {
      v1::LeaseProgress& progress =
          *message.mutable_heartbeat()->add_progress();
      progress.set_lease_id(lease_id);
      progress.set_steps(steps);
    }
    Receive(connection, message);
  }

  double Fraction(int64_t sweep_id) const {
    return coordinator_->GetRunningSweep(sweep_id)->progress().fraction();
  }
};

// Trials of i = 1, 2, ... steps, so that nothing is known without looking.
v1::SweepSpec StepsSpec(int64_t trials) {
  v1::SweepSpec spec = SmallSpec(1);
  v1::Axis& axis = *spec.mutable_axes(0)->mutable_axes(0);
  axis.set_field("steps");
  axis.mutable_range()->set_from(1);
  axis.mutable_range()->set_to(trials + 1);
  return spec;
}

TEST_F(BoundsTest, AHeartbeatCostsItsLengthAndNotThatOfTheLease) {
  constexpr int64_t kTrials = 65536;
  Start();
  Hello(1, "w");
  Create(StepsSpec(500'000));
  Demand(1, kTrials);
  ASSERT_THAT(Leases(1), SizeIs(1));
  v1::WorkerMessage message;
  message.set_sequence(1);
  v1::Report& report = *message.mutable_report();
  report.set_lease_id(Leases(1)[0].lease_id());
  for (int64_t i = 0; i + 1 < kTrials; ++i) {
    v1::TrialResult& result = *report.add_results();
    result.set_trial_index(i);
    result.set_attempt(1);
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
  }
  Receive(1, message);

  const double start = CpuSeconds();
  Progress(1, Leases(1)[0].lease_id(), 1, /*times=*/15);
  EXPECT_LT(CpuSeconds() - start, 0.1);
}

// A worker counts what it took for its finished trials as well.
TEST_F(BoundsTest, StepsOfFinishedTrialsCountOnce) {
  Start();
  Hello(1, "w");
  Create(StepsSpec(4));  // 1 + 2 + 3 + 4 steps.
  Demand(1, 4);
  const v1::Lease lease = Leases(1)[0];
  Progress(1, lease.lease_id(), 5);
  EXPECT_DOUBLE_EQ(Fraction(1), 0.5);
  Finish(1, 1, lease, 3);
  EXPECT_DOUBLE_EQ(Fraction(1), 0.5);
  Progress(1, lease.lease_id(), 6);
  EXPECT_DOUBLE_EQ(Fraction(1), 0.6);
  Finish(1, 2, lease, 2);
  Progress(1, lease.lease_id(), 7);
  EXPECT_DOUBLE_EQ(Fraction(1), 0.7);
}

TEST_F(BoundsTest, NobodyHasTakenMoreStepsThanItsTrialsHave) {
  Start();
  Hello(1, "w");
  Hello(2, "v");
  Create(StepsSpec(4));
  Demand(1, 1);
  const v1::Lease lease = Leases(1)[0];
  ASSERT_EQ(Trials(lease), 1);
  for (const int64_t steps : {int64_t{2}, INT64_MAX}) {
    Progress(1, lease.lease_id(), steps);
    EXPECT_DOUBLE_EQ(Fraction(1), 0.1);
  }
  Progress(1, lease.lease_id(), INT64_MIN);
  EXPECT_DOUBLE_EQ(Fraction(1), 0);
  Progress(2, lease.lease_id(), 1);  // Not its lease.
  EXPECT_DOUBLE_EQ(Fraction(1), 0);
}

TEST_F(BoundsTest, OpenDemandsAreBoundedByTheSlots) {
  Start();
  for (const int slots : {1, 5}) {
    closes_.clear();
    Hello(slots, absl::StrCat("w", slots), slots);
    for (int64_t i = 0; i < MaxLeases(slots); ++i) Demand(slots, 1);
    EXPECT_THAT(closes_, IsEmpty());
    Demand(slots, 1);
    EXPECT_THAT(closes_[slots], StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST_F(BoundsTest, ASessionHoldsNoMoreLeasesThanItsSlotsNeed) {
  Start();
  Hello(1, "w");
  Create(SmallSpec(1000));
  for (int64_t i = 0; i < MaxLeases(1) + 3; ++i) Demand(1, 1);
  ASSERT_THAT(Leases(1), SizeIs(MaxLeases(1)));
  // The next one comes when one has ended.
  Finish(1, 1, Leases(1)[0], 0);
  EXPECT_THAT(Leases(1), SizeIs(MaxLeases(1) + 1));
  // Others are not held up.
  Hello(2, "v");
  Demand(2, 1);
  EXPECT_THAT(Leases(2), SizeIs(1));
}

TEST_F(BoundsTest, ASessionHoldsNoMoreTrialsThanItsSlotsNeed) {
  Start();
  Create(SmallSpec(1'000'000));
  Hello(1, "w");
  for (int i = 0; i < 3; ++i) Demand(1, kMaxTrialsPerLease - 10);
  int64_t trials = 0;
  for (const v1::Lease& lease : Leases(1)) trials += Trials(lease);
  EXPECT_EQ(trials, MaxLeasedTrials(1));
  EXPECT_THAT(Leases(1), SizeIs(2));
  // Also across a restart of the stream.
  Hello(2, "w", 1, {Leases(1)[0].lease_id(), Leases(1)[1].lease_id()});
  Demand(2, 1);
  EXPECT_THAT(Leases(2), IsEmpty());
}

TEST_F(BoundsTest, ATransactionGivesOutOnlySoManyTrialsAndTheNextTheRest) {
  Start({}, {.max_trials_per_transaction = 10});
  Hello(1, "w", 8);
  for (int i = 0; i < 8; ++i) Demand(1, 4);
  coordinator_->CreateSweep(SmallSpec(1000), false, now_).IgnoreError();
  std::vector<int64_t> trials;  // By transaction.
  do {
    trials.push_back(0);
    const Effects effects = coordinator_->TakeEffects();
    for (const Write& write : effects.writes) {
      const auto* lease = std::get_if<InsertLease>(&write);
      if (lease != nullptr) trials.back() += Trials(lease->lease);
    }
    if (!coordinator_->behind()) break;
    coordinator_->CatchUp(now_);
  } while (trials.size() < 100);
  EXPECT_LE(*std::max_element(trials.begin(), trials.end()), 10);
  // Two of the eight leases were what a transaction had left.
  EXPECT_EQ(std::accumulate(trials.begin(), trials.end(), int64_t{0}), 28);
  EXPECT_EQ(trials.size(), 3u);
  EXPECT_FALSE(coordinator_->behind());
}

// A demand that nothing can answer is not something to catch up with.
// Unless a coordinator is told otherwise.
TEST_F(BoundsTest, ATransactionGivesOutOneLeaseOfTheLargestSizeAtMost) {
  Start();
  Create(SmallSpec(8 * kMaxTrialsPerTransaction));
  for (ConnectionId connection = 1; connection <= 4; ++connection) {
    Hello(connection, absl::StrCat("w", connection), kMaxSlots);
  }
  for (ConnectionId connection = 1; connection <= 4; ++connection) {
    v1::WorkerMessage message;
    message.mutable_demand()->set_trials(kMaxTrialsPerLease);
    for (int i = 0; i < kMaxSlots; ++i) {
      coordinator_->OnMessage(connection, message, now_);
    }
  }
  int64_t most = 0;
  for (int transaction = 0; transaction < 3; ++transaction) {
    int64_t given = 0;
    const Effects effects = coordinator_->TakeEffects();
    for (const Outgoing& out : effects.messages) {
      if (out.message.has_lease()) given += Trials(out.message.lease());
    }
    most = std::max(most, given);
    EXPECT_TRUE(coordinator_->behind());
    coordinator_->CatchUp(now_);
  }
  EXPECT_EQ(most, kMaxTrialsPerTransaction);
}

TEST_F(BoundsTest, WhoWaitsForNothingIsNotBehind) {
  Start({}, {.max_trials_per_transaction = 4});
  Hello(1, "w", 8);
  for (int i = 0; i < 8; ++i) Demand(1, 4);
  coordinator_->CreateSweep(SmallSpec(4), false, now_).IgnoreError();
  for (int turns = 0; coordinator_->behind(); ++turns) {
    ASSERT_LT(turns, 10);
    coordinator_->TakeEffects();
    coordinator_->CatchUp(now_);
  }
}

// As many as there may be, against as many leases as there may be.
TEST_F(BoundsTest, AHelloCostsItsLength) {
  Start();
  Hello(1, "w", kMaxSlots);
  Create(SmallSpec(100'000));
  for (int64_t i = 0; i < MaxLeases(kMaxSlots); ++i) Demand(1, 1);
  ASSERT_THAT(Leases(1), SizeIs(MaxLeases(kMaxSlots)));
  std::vector<int64_t> held(kMaxLeaseIds, 0);
  const double start = CpuSeconds();
  Hello(2, "w", kMaxSlots, held);
  EXPECT_LT(CpuSeconds() - start, 0.5);
  EXPECT_EQ(coordinator_->open_leases(), 0);
}

TEST_F(BoundsTest, ResultsThatNobodyAskedForCostTheirNumber) {
  Start();
  Hello(1, "w");
  Create(SmallSpec(4));
  v1::WorkerMessage message;
  message.set_sequence(1);
  message.mutable_report()->set_sweep_id(1);
  for (int i = 0; i <= kMaxReportResults; ++i) {
    message.mutable_report()->add_results()->set_outcome(
        v1::TRIAL_STATE_SUCCEEDED);
  }
  Receive(1, message);
  EXPECT_THAT(Writes<CompareResult>(), IsEmpty());
  EXPECT_THAT(closes_[1], StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace fathom::server
