// Who deletes a sweep while other things happen to it.
#include <string>

#include "gmock/gmock.h"
#include "tests/testing/coordinator_fixture.h"

namespace fathom::server {
namespace {

using test::SmallSpec;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DeletingTest : public test::CoordinatorTest {
 protected:
  // The sweep as the ledger has it.
  LedgerState::OpenSweep Recorded(const v1::Sweep& sweep) const {
    LedgerState::OpenSweep recorded{.sweep = sweep, .next_index = 2};
    for (const UpdateSweep& update : Writes<UpdateSweep>()) {
      if (update.sweep_id == sweep.sweep_id()) {
        recorded.sweep.set_state(update.state);
      }
    }
    return recorded;
  }
  absl::Status Delete(const v1::Sweep& sweep) {
    return coordinator_->DeleteSweep(Recorded(sweep), "by ada", now_);
  }
};

TEST_F(DeletingTest, ASweepThatRunsIsNotDeleted) {
  Start();
  const v1::Sweep sweep = Create(SmallSpec(2));
  EXPECT_THAT(Delete(sweep), StatusIs(absl::StatusCode::kFailedPrecondition,
                                      HasSubstr("`fathom cancel 1` ends it")));
  Settle();
  EXPECT_THAT(Writes<DeleteSweep>(), IsEmpty());
}

TEST_F(DeletingTest, ACancelledSweepIsDeletedOnceWithAnEvent) {
  Start();
  const v1::Sweep sweep = Create(SmallSpec(2));
  ASSERT_OK(coordinator_->CancelSweep(1, now_));
  // The ledger does not know yet that it has ended.
  EXPECT_THAT(Delete(sweep), StatusIs(absl::StatusCode::kUnavailable));
  Settle();
  EXPECT_OK(Delete(sweep));
  EXPECT_TRUE(coordinator_->IsDeleting(1));
  EXPECT_THAT(Delete(sweep), StatusIs(absl::StatusCode::kNotFound));
  Settle();
  EXPECT_FALSE(coordinator_->IsDeleting(1));
  EXPECT_THAT(Writes<DeleteSweep>(),
              ElementsAre(Field(&DeleteSweep::sweep_id, 1)));
  const InsertEvent event = Writes<InsertEvent>().back();
  EXPECT_EQ(event.kind, "sweep_deleted");
  EXPECT_EQ(event.sweep_id, 0);  // It stays when those of the sweep go.
  EXPECT_EQ(event.message, "sweep 1, \"small\", 2 trials, by ada");
}

// Both are decided before anything is written.
TEST_F(DeletingTest, ADeletedSweepIsNotRetriedInTheSameMoment) {
  Start();
  Hello(1, "s1");
  const v1::Sweep sweep = Create(SmallSpec(1));
  Demand(1, 1);
  Finish(1, 1, Leases(1).front(), 0, 1, v1::TRIAL_STATE_FAILED);
  LedgerState::OpenSweep recorded = Recorded(sweep);
  recorded.open_trials.push_back({.trial_index = 0, .attempt = 1});
  ASSERT_EQ(recorded.sweep.state(), v1::SWEEP_STATE_COMPLETED);
  ASSERT_OK(Delete(sweep));
  EXPECT_THAT(coordinator_->RetryTrials(recorded, now_).status(),
              StatusIs(absl::StatusCode::kNotFound));
  Settle();
  EXPECT_THAT(Writes<RetryTrial>(), IsEmpty());
}

TEST_F(DeletingTest, ARetriedSweepIsNotDeletedInTheSameMoment) {
  Start();
  Hello(1, "s1");
  const v1::Sweep sweep = Create(SmallSpec(1));
  Demand(1, 1);
  Finish(1, 1, Leases(1).front(), 0, 1, v1::TRIAL_STATE_FAILED);
  LedgerState::OpenSweep recorded = Recorded(sweep);
  recorded.open_trials.push_back({.trial_index = 0, .attempt = 1});
  ASSERT_OK(coordinator_->RetryTrials(recorded, now_));
  EXPECT_THAT(coordinator_->DeleteSweep(recorded, "by ada", now_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace fathom::server
