#include "proto/sweep/facts/states.h"

#include <set>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "proto/sweep/names.h"

namespace fathom {
namespace {

TEST(StatesTest, EveryCounterOfProgressCountsTheStateOfItsName) {
  for (const StateFacts& facts : TrialStates()) {
    v1::Progress progress;
    AddToCount(facts.state, 3, &progress);
    AddToCount(facts.state, -1, &progress);
    const auto* field =
        v1::Progress::descriptor()->FindFieldByName(StateName(facts.state));
    ASSERT_NE(field, nullptr) << StateName(facts.state);
    EXPECT_EQ(v1::Progress::GetReflection()->GetInt64(progress, field), 2);
    EXPECT_EQ((progress.*facts.count)(), 2);
    v1::Progress expected;
    v1::Progress::GetReflection()->SetInt64(&expected, field, 2);
    EXPECT_EQ(progress.SerializeAsString(), expected.SerializeAsString());
  }
}

// What a state means is written once more here: a row that is changed by
// mistake makes the ledger accept what no worker reports, or leaves results
// out.
TEST(StatesTest, WorkersReportFindingsAndErrors) {
  const std::set<int64_t> findings = {v1::TRIAL_STATE_SUCCEEDED,
                                      v1::TRIAL_STATE_DIVERGED,
                                      v1::TRIAL_STATE_STOPPED};
  const std::set<int64_t> open = {v1::TRIAL_STATE_PENDING,
                                  v1::TRIAL_STATE_LEASED};
  for (int64_t state = -1; state <= v1::TrialState_MAX + 1; ++state) {
    EXPECT_EQ(IsFinding(state), findings.contains(state)) << state;
    EXPECT_EQ(IsOutcome(state),
              findings.contains(state) || state == v1::TRIAL_STATE_FAILED)
        << state;
    EXPECT_EQ(IsOpen(state), open.contains(state)) << state;
  }
}

TEST(StatesTest, OutcomesAreCountedWithoutWhatIsOpenOrCancelled) {
  v1::Progress progress;
  int64_t amount = 1;
  int64_t expected = 0;
  for (const StateFacts& facts : TrialStates()) {
    AddToCount(facts.state, amount, &progress);
    if (IsOutcome(facts.state)) expected += amount;
    amount *= 10;
  }
  EXPECT_EQ(CountOutcomes(progress), expected);
}

}  // namespace
}  // namespace fathom
