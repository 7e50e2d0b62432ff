// What one worker can make the coordinator do, hold and believe.
#include <ctime>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "server/limits.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom {
namespace {

using ::fathom::test::CoordinatorTest;
using ::fathom::test::SmallSpec;
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

}  // namespace
}  // namespace fathom
