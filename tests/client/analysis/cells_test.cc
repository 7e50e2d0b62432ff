#include "client/analysis/cells.h"

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "client/analysis/summary.h"
#include "gmock/gmock.h"
#include "proto/sweep/normalize.h"
#include "tests/client/analysis/sweeps.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::AddAxis;
using test::AddRange;
using test::BaseSpec;
using ::testing::ElementsAre;

// The values of a trial at steps 0, 1, 2, ..., and its state.
struct Recorded {
  std::vector<double> values = {};
  v1::TrialState state = v1::TRIAL_STATE_SUCCEEDED;
};

// Depths 1 and 2, rates 0.1 and 0.2, seeds 0 and 1, which vary fastest. Trials
// have two steps.
class CellsTest : public testing::Test {
 protected:
  CellsTest() {
    v1::SweepSpec spec = BaseSpec();
    spec.mutable_trial()->set_steps(2);
    AddAxis("model.depth", {1, 2}, &spec);
    AddAxis("optimizer.learning_rate", {0.1, 0.2}, &spec);
    AddRange("seed", 0, 2, &spec);
    spec_ = Normalize(spec);
    trials_ = {{0, {{9, 1, 4}}}, {1, {{9, 8, 6}}},   // Depth 1, rate 0.1.
               {2, {{9, 7, 7}}}, {3, {{9, 7, 7}}},   // Depth 1, rate 0.2.
               {4, {{9, 2, 2}}}, {5, {{9, 3, 3}}},   // Depth 2, rate 0.1.
               {6, {{9, 50}}},   {7, {{9, 1, 1}}}};  // Depth 2, rate 0.2.
    trials_[6].state = v1::TRIAL_STATE_DIVERGED;
  }

  CellTable Find(const CellQuestion& question,
                 const TrialFilter* filter = nullptr) {
    const TrialFilter taken = filter != nullptr ? *filter : TrialFilter(spec_);
    std::unique_ptr<CellFinder> finder =
        *CellFinder::Create(spec_, SummaryOf(spec_), question, taken);
    const std::vector<int64_t> steps = {0, 1, 2};
    const auto curve_of = [&](int64_t trial, const Recorded& recorded) {
      return TrialCurve{
          .trial = trial,
          .state = recorded.state,
          .steps = 2,
          .at = absl::MakeConstSpan(steps).first(recorded.values.size()),
          .values = recorded.values};
    };
    for (const auto& [trial, recorded] : trials_) {
      if (taken.Takes(trial)) finder->AddEnds(curve_of(trial, recorded));
    }
    finder->FinishEnds();
    if (finder->NeedsCurves()) {
      for (const auto& [trial, recorded] : trials_) {
        if (taken.Takes(trial)) finder->AddCurve(curve_of(trial, recorded));
      }
    }
    return finder->Result();
  }

  v1::SweepSpec spec_;
  std::map<int64_t, Recorded> trials_;
};

TEST_F(CellsTest, TheFinalValueIsThatOfTheBestSettingAtTheEnd) {
  const CellTable table = Find({});
  ASSERT_EQ(table.cells.size(), 2u);
  EXPECT_THAT(table.by, ElementsAre("depth"));
  EXPECT_THAT(table.best_over, ElementsAre("learning_rate"));
  EXPECT_EQ(table.cells[0].value, 5);
  EXPECT_THAT(table.cells[0].sample, ElementsAre(4, 6));
  EXPECT_THAT(table.cells[0].trials, ElementsAre(0, 1));
  // Rate 0.2 is better for one seed, but diverged for the other.
  EXPECT_EQ(table.cells[1].value, 2.5);
  EXPECT_EQ(table.cells[1].settings[0].number(), 0.1);
}

TEST_F(CellsTest, TheBestValueMayLieWithinTheCurve) {
  const CellTable table = Find({.quantity = Quantity::kBest});
  EXPECT_THAT(table.cells[0].sample, ElementsAre(1, 6));
  EXPECT_EQ(table.cells[0].value, 3.5);
  // A trial that diverged has a best value before.
  EXPECT_THAT(table.cells[1].sample, ElementsAre(2, 3));
}

TEST_F(CellsTest, StepsAreTheMedianOfTheFastestSetting) {
  const CellTable table = Find({.quantity = Quantity::kSteps, .goal = 7});
  // At rate 0.1 one seed takes less than a step, and the other between one and
  // two; at rate 0.2 both take one.
  EXPECT_EQ(table.cells[0].trials.size(), 2u);
  EXPECT_LE(*table.cells[0].value, 1);
  EXPECT_THAT(table.cells[1].trials, ElementsAre(4, 5));

  const CellTable never = Find({.quantity = Quantity::kSteps, .goal = 0.5});
  EXPECT_FALSE(never.cells[0].value.has_value());
  EXPECT_TRUE(never.cells[0].trials.empty());
}

TEST_F(CellsTest, SharesCountEveryFinishedTrialOfTheGroup) {
  const CellTable table = Find({.quantity = Quantity::kDiverged});
  EXPECT_EQ(table.cells[0].value, 0);
  EXPECT_EQ(table.cells[1].value, 0.25);
  trials_.erase(7);
  EXPECT_EQ(Find({.quantity = Quantity::kDiverged}).cells[1].value, 1.0 / 3);
  trials_.clear();
  EXPECT_FALSE(Find({.quantity = Quantity::kDiverged}).cells[1].value);
}

TEST_F(CellsTest, AMissingRepetitionLeavesASettingOut) {
  trials_.erase(1);
  for (const Quantity quantity :
       {Quantity::kFinal, Quantity::kBest, Quantity::kSteps}) {
    const CellTable table = Find({.quantity = quantity, .goal = 8});
    EXPECT_THAT(table.cells[0].trials, ElementsAre(2, 3));
  }
}

TEST_F(CellsTest, OnlyTrialsOfTheFilterCount) {
  TrialFilter filter(spec_);
  ASSERT_TRUE(filter.Keep(2, spec_.axes(2).axes(0), [](const v1::Value& value) {
    return value.integer() == 1;
  }));
  const CellTable table = Find({}, &filter);
  EXPECT_THAT(table.cells[0].sample, ElementsAre(6));
  EXPECT_THAT(table.cells[1].sample, ElementsAre(1));
  EXPECT_EQ(table.cells[1].counts.expected, 2);
}

}  // namespace
}  // namespace fathom::client
