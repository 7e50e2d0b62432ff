// What the coordinator says there is to do, and what it gives to workers whose
// jobs end.
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/coordinator/coordinator.h"
#include "server/limits.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::testing::DoubleNear;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LoadTest : public ::fathom::test::CoordinatorTest {
 protected:
  v1::Load Load() { return coordinator_->LookAt(now_).load; }

  // Says hello as a worker of a job that ends after `left`.
  void HelloOfJob(ConnectionId connection, const std::string& session,
                  int64_t left_seconds) {
    v1::WorkerMessage message;
    v1::Hello& hello = *message.mutable_hello();
    hello.set_protocol_version(kProtocolVersion);
    hello.set_session_id(session);
    hello.set_worker(session);
    hello.set_slots(1);
    hello.set_job_id("slurm:12_3");
    hello.set_restarts(2);
    hello.mutable_time_left()->set_seconds(left_seconds);
    Receive(connection, message);
  }

  // Ends a trial of 100 steps that has taken `seconds`.
  void Finish(ConnectionId connection, int64_t sequence, const v1::Lease& lease,
              int64_t index, double seconds) {
    v1::WorkerMessage message;
    message.set_sequence(sequence);
    v1::Report& report = *message.mutable_report();
    report.set_lease_id(lease.lease_id());
    report.set_sweep_id(lease.sweep_id());
    v1::TrialResult& result = *report.add_results();
    result.set_trial_index(index);
    result.set_attempt(1);
    result.set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    result.set_steps(100);
    result.set_seconds(seconds);
    Receive(connection, message);
  }

  void Pause(int64_t sweep, bool paused) {
    v1::UpdateSweepRequest request;
    request.set_paused(paused);
    EXPECT_OK(coordinator_->ChangeSweep(sweep, request, now_));
    Settle();
  }
};

TEST_F(LoadTest, CountsWhatIsLeftByWhatTrialsHaveTaken) {
  Start();
  EXPECT_EQ(Load().pending_trials() + Load().leased_trials(), 0);
  Create(SmallSpec(10));
  EXPECT_EQ(Load().pending_trials(), 10);
  EXPECT_EQ(Load().unknown_trials(), 10);
  EXPECT_EQ(Load().slot_seconds(), 0);
  Hello(1, "w");
  Demand(1, 4);
  const v1::Lease lease = Leases(1).back();
  EXPECT_EQ(Load().pending_trials(), 6);
  EXPECT_EQ(Load().leased_trials(), 4);
  EXPECT_EQ(Load().unknown_trials(), 10);
  Finish(1, 1, lease, 0, 3);
  Finish(1, 2, lease, 1, 5);
  // Eight trials are left, of four seconds each.
  EXPECT_EQ(Load().unknown_trials(), 0);
  EXPECT_THAT(Load().slot_seconds(), DoubleNear(32, 1e-9));
  // Another sweep of which nothing is known yet comes in addition.
  Create(SmallSpec(7, "other"));
  EXPECT_EQ(Load().pending_trials(), 13);
  EXPECT_EQ(Load().unknown_trials(), 7);
  EXPECT_THAT(Load().slot_seconds(), DoubleNear(32, 1e-9));
}

// Nobody is to be started for what may not be given out.
TEST_F(LoadTest, OfAPausedSweepOnlyWhatWorkersHoldCounts) {
  Start();
  Create(SmallSpec(10));
  Hello(1, "w");
  Demand(1, 4);
  Finish(1, 1, Leases(1).back(), 0, 4);
  Pause(1, true);
  EXPECT_EQ(Load().pending_trials(), 0);
  EXPECT_EQ(Load().leased_trials(), 3);
  EXPECT_THAT(Load().slot_seconds(), DoubleNear(12, 1e-9));
  Pause(1, false);
  EXPECT_EQ(Load().pending_trials(), 6);
  EXPECT_THAT(Load().slot_seconds(), DoubleNear(36, 1e-9));
}

// One worker that lies must not make the whole sweep look endless.
TEST_F(LoadTest, TimesThatCannotBeAreIgnored) {
  Start();
  Create(SmallSpec(10));
  Hello(1, "w");
  Demand(1, 10);
  const v1::Lease lease = Leases(1).back();
  Finish(1, 1, lease, 0, 1e300);
  EXPECT_EQ(Load().unknown_trials(), 9);
  EXPECT_EQ(Load().slot_seconds(), 0);
  Finish(1, 2, lease, 1, 2);
  EXPECT_THAT(Load().slot_seconds(), DoubleNear(16, 1e-9));
}

TEST_F(LoadTest, AWorkerIsGivenNoMoreThanItCanFinish) {
  Start();
  Create(SmallSpec(1000));
  Hello(1, "w");
  Demand(1, 1);
  Finish(1, 1, Leases(1).back(), 0, 10);
  // Half of the time that is left, for trials of ten seconds. In the end one at
  // a time: it may be longer than any job and get further from checkpoint to
  // checkpoint.
  ConnectionId connection = 2;
  for (const auto& [left, trials] : std::vector<std::pair<int64_t, int64_t>>{
           {100, 5}, {60, 3}, {59, 2}, {1, 1}, {0, 1}}) {
    HelloOfJob(connection, absl::StrCat("job", left), left);
    Demand(connection, 64);
    EXPECT_EQ(Trials(Leases(connection).back()), trials) << left;
    ++connection;
  }
  // Who does not say gets what it asks for.
  Demand(1, 64);
  EXPECT_EQ(Trials(Leases(1).back()), 64);
}

TEST_F(LoadTest, NobodyKnowsYetMeansOneAtATime) {
  Start();
  Create(SmallSpec(1000));
  HelloOfJob(1, "job", 3600);
  Demand(1, 64);
  EXPECT_EQ(Trials(Leases(1).back()), 1);
  Finish(1, 1, Leases(1).back(), 0, 0.001);
  Demand(1, 64);
  EXPECT_EQ(Trials(Leases(1).back()), 64);
}

TEST_F(LoadTest, WorkersSayWhichJobTheyAre) {
  Start();
  HelloOfJob(1, "job", 100);
  Hello(2, "plain");
  const std::vector<v1::Worker> workers = coordinator_->ListWorkers(now_);
  ASSERT_THAT(workers, SizeIs(2));
  EXPECT_EQ(workers[0].job_id(), "slurm:12_3");
  EXPECT_EQ(workers[0].restarts(), 2);
  EXPECT_EQ(workers[0].end_time().seconds(), absl::ToUnixSeconds(now_) + 100);
  EXPECT_THAT(workers[1].job_id(), IsEmpty());
  EXPECT_FALSE(workers[1].has_end_time());
}

// Monitors keep a series for every name, so there is a bound; what is beyond it
// is in the sum.
TEST_F(LoadTest, SweepsBeyondTheBoundAreOneSum) {
  Start();
  for (int64_t i = 0; i < kMaxSweepsShown + 3; ++i) {
    Create(SmallSpec(i + 1, absl::StrCat("s", i)));
  }
  const auto open = coordinator_->LookAt(now_).open_trials;
  ASSERT_EQ(static_cast<int64_t>(open.size()), kMaxSweepsShown + 1);
  EXPECT_EQ(open.front().pending, 1);
  EXPECT_EQ(open.back().sweep, "others");
  EXPECT_EQ(open.back().pending, 3 * kMaxSweepsShown + 6);
}

// Times of a worker's own making must not break what is computed with them.
TEST_F(LoadTest, AnyTimeLeftIsTaken) {
  Start();
  Create(SmallSpec(1000));
  Hello(1, "w");
  Demand(1, 1);
  Finish(1, 1, Leases(1).back(), 0, 10);
  ConnectionId connection = 2;
  for (const int64_t left :
       {int64_t{0}, int64_t{-5}, std::numeric_limits<int64_t>::min(),
        std::numeric_limits<int64_t>::max()}) {
    HelloOfJob(connection, absl::StrCat("j", connection), left);
    Demand(connection, 8);
    EXPECT_EQ(Trials(Leases(connection).back()), left > 5 ? 8 : 1) << left;
    EXPECT_FALSE(coordinator_->ListWorkers(now_).empty());
    ++connection;
  }
}

}  // namespace
}  // namespace fathom::server
