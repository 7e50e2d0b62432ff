// How much is given to whom.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/coordinator/coordinator.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using ::fathom::test::SmallSpec;
using ::testing::SizeIs;

using GrantingTest = ::fathom::test::CoordinatorTest;

// So that no slot works while another one has nothing: the least number of
// trials that gives each slot as much, and what was asked for if that is less.
TEST_F(GrantingTest, ALeaseIsTheShareOfASlotOfWhatIsUnfinished) {
  for (int slots = 1; slots <= 5; ++slots) {
    for (int trials = 1; trials <= 20; ++trials) {
      for (const int wanted : {1, 3, 1000}) {
        Start();
        messages_.clear();
        Create(SmallSpec(trials));
        Hello(1, "w", slots);
        int64_t given = 0;
        for (int slot = 0; slot < slots && given < trials; ++slot) {
          Demand(1, wanted);
          const int64_t share = (trials + slots - 1) / slots;
          ASSERT_EQ(Trials(Leases(1).back()),
                    std::min<int64_t>({share, wanted, trials - given}))
              << trials << " trials, " << slots << " slots, " << wanted;
          given += Trials(Leases(1).back());
        }
      }
    }
  }
}

// Who asked first is served first, also after others were served with what the
// first ones may not have.
TEST_F(GrantingTest, WhoMayNotHaveWhatThereIsKeepsThePlaceInTheQueue) {
  Start();
  Create(SmallSpec(1, "a"));
  for (ConnectionId connection = 1; connection <= 2; ++connection) {
    Hello(connection, absl::StrCat("w", connection));
    Demand(connection, 1);
    v1::WorkerMessage declined;
    declined.set_sequence(1);
    declined.mutable_released()->add_lease_ids(
        Leases(connection).back().lease_id());
    declined.mutable_released()->set_declined("out of memory");
    Receive(connection, declined);
    v1::UpdateSweepRequest pause;
    pause.set_paused(connection == 2);
    EXPECT_OK(coordinator_->ChangeSweep(1, pause, now_));
    Demand(connection, 1);  // Waits: it cannot run what there is.
  }
  Hello(3, "w3", 2);
  Demand(3, 1);
  Demand(3, 1);
  v1::UpdateSweepRequest resume;
  resume.set_paused(false);
  EXPECT_OK(coordinator_->ChangeSweep(1, resume, now_));
  Settle();
  EXPECT_THAT(Leases(3), SizeIs(1));  // One demand of it is still open.
  Create(SmallSpec(1, "b"));
  EXPECT_THAT(Leases(1), SizeIs(2));
  EXPECT_THAT(Leases(2), SizeIs(1));
  EXPECT_THAT(Leases(3), SizeIs(1));
}

TEST_F(GrantingTest, EveryOutcomeIsCountedAsWhatItIs) {
  Start();
  Create(SmallSpec(11));
  Hello(1, "w");
  Demand(1, 11);
  const v1::Lease lease = Leases(1).back();
  int64_t index = 0;
  const auto end = [&](int count, v1::TrialState outcome) {
    for (int i = 0; i < count; ++i, ++index) {
      Finish(1, index + 1, lease, index, 1, outcome);
    }
  };
  end(4, v1::TRIAL_STATE_SUCCEEDED);
  end(3, v1::TRIAL_STATE_DIVERGED);
  end(2, v1::TRIAL_STATE_STOPPED);
  end(1, v1::TRIAL_STATE_FAILED);
  const v1::Progress progress = coordinator_->GetRunningSweep(1)->progress();
  EXPECT_EQ(progress.succeeded(), 4);
  EXPECT_EQ(progress.diverged(), 3);
  EXPECT_EQ(progress.stopped(), 2);
  EXPECT_EQ(progress.failed(), 1);
  EXPECT_EQ(progress.leased(), 1);
  EXPECT_EQ(progress.pending(), 0);
  EXPECT_EQ(progress.cancelled(), 0);
}

}  // namespace
}  // namespace fathom::server
