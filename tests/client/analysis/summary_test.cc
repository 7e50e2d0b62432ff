#include "client/analysis/summary.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/client/analysis/fake_sweep.h"

namespace fathom::client {
namespace {

using test::AddAxis;
using test::AddRange;
using test::BaseSpec;
using test::FakeSweep;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::SweepSpec RateSpec(int64_t seeds = 0) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("model.depth", {1, 2}, &spec);
  AddAxis("optimizer.learning_rate", {0.1, 0.2}, &spec);
  if (seeds > 0) AddRange("seed", 0, seeds, &spec);
  return spec;
}

double BestAt(const SweepAnalysis& analysis, size_t row, size_t step) {
  return analysis.summary.rows[row].best[step]->value;
}

TEST(SummaryOfTest, ASpecThatSaysNothingIsGroupedByLossAndDepth) {
  v1::SweepSpec spec = RateSpec(3);
  AddAxis("loss.lp", {2, 4}, &spec);
  const v1::SummarySpec plan = SummaryOf(Normalize(spec));
  EXPECT_THAT(plan.by(), ElementsAre("model.depth", "loss.lp"));
  EXPECT_THAT(plan.best_over(), ElementsAre("optimizer.learning_rate"));
  EXPECT_THAT(plan.average_over(), ElementsAre("seed"));
  EXPECT_THAT(plan.at(), ElementsAre(100));
}

// A loss with another factor has other values: none is the best of them.
TEST(SummaryOfTest, WhateverChangesTheLossTellsGroupsApart) {
  for (const char* const field : {"loss.factor", "loss.kind", "loss.lp"}) {
    v1::SweepSpec spec = BaseSpec();
    spec.add_axes()->add_axes()->set_field(field);
    AddAxis("optimizer.learning_rate", {0.1, 0.2}, &spec);
    const v1::SummarySpec plan = SummaryOf(spec);
    EXPECT_THAT(plan.by(), testing::ElementsAre(field));
    EXPECT_THAT(plan.best_over(),
                testing::ElementsAre("optimizer.learning_rate"));
  }
}

TEST(SummaryOfTest, DataAreGroupsAndNeverTheBestOfThem) {
  v1::SweepSpec spec;
  v1::AxisGroup& group = *spec.add_axes();
  for (const char* field : {"data.import.target", "data.digest"}) {
    group.add_axes()->set_field(field);
  }
  spec.add_axes()->add_axes()->set_field("optimizer.learning_rate");
  const v1::SummarySpec plan = SummaryOf(spec);
  EXPECT_THAT(plan.by(), testing::ElementsAre("data.import.target"));
  EXPECT_THAT(plan.best_over(),
              testing::ElementsAre("optimizer.learning_rate"));
  group.mutable_axes()->DeleteSubrange(0, 1);
  EXPECT_THAT(SummaryOf(spec).by(), testing::ElementsAre("data.digest"));
  // The folds of a cross-validation: none of them is the best.
  group.mutable_axes(0)->set_field("data.validation.from");
  EXPECT_THAT(SummaryOf(spec).by(), ElementsAre("data.validation.from"));
  spec.mutable_summarize()->add_average_over("data.validation.from");
  EXPECT_THAT(SummaryOf(spec).by(), testing::IsEmpty());
}

// The best of several draws would say nothing of the next.
TEST(SummaryOfTest, NoSeedIsChosenUnlessSomebodyAsksForIt) {
  v1::SweepSpec spec = RateSpec(3);
  spec.mutable_summarize()->add_by("model.depth");
  EXPECT_THAT(SummaryOf(spec).average_over(), ElementsAre("seed"));
  EXPECT_THAT(SummaryOf(spec).best_over(),
              ElementsAre("optimizer.learning_rate"));
  spec.mutable_summarize()->add_best_over("seed");
  EXPECT_THAT(SummaryOf(spec).average_over(), IsEmpty());
}

TEST(SummaryOfTest, NoStepIsTheLastOneWhereStepsIsAnAxis) {
  v1::SweepSpec spec = RateSpec();
  AddAxis("steps", {100, 200}, &spec);
  EXPECT_THAT(SummaryOf(Normalize(spec)).at(), IsEmpty());
}

TEST(SummarizeTest, EveryStepHasItsOwnWinner) {
  v1::SweepSpec spec = RateSpec();
  spec.mutable_summarize()->add_at(10);
  spec.mutable_summarize()->add_at(100);
  FakeSweep sweep(spec);
  // The second rate leads early and ends worse.
  sweep.RecordAll([&](int64_t trial, double step) {
    return trial % 2 == 0 ? 100 - step : 60 - step / 10;
  });
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_DOUBLE_EQ(BestAt(analysis, 0, 0), 59);
  EXPECT_DOUBLE_EQ(BestAt(analysis, 0, 1), 0);
  EXPECT_EQ(analysis.summary.rows[0].best[0]->settings[0].number(), 0.2);
}

TEST(SummarizeTest, ASettingTakesPartWhenAllItsTrialsHaveAValue) {
  FakeSweep sweep(RateSpec(2));
  sweep.RecordAll([](int64_t trial, double) { return 1.0 + trial; });
  sweep.Forget(1);  // A seed of depth 1's best.
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_DOUBLE_EQ(BestAt(analysis, 0, 0), 3.5);  // Trials 2 and 3.
  EXPECT_THAT(analysis.summary.rows[0].best[0]->trials, ElementsAre(2, 3));
}

TEST(SummarizeTest, DivergedTrialsHaveNoLaterValueAndStoppedOnesKeepTheirs) {
  FakeSweep sweep(RateSpec());
  sweep.RecordAll([](int64_t, double) { return 5.0; });
  sweep.Forget(0);
  sweep.Record(
      0, [](double) { return 1.0; }, 50, v1::TRIAL_STATE_DIVERGED);
  sweep.Forget(2);
  sweep.Record(
      2, [](double) { return 2.0; }, 50, v1::TRIAL_STATE_STOPPED);
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_DOUBLE_EQ(BestAt(analysis, 0, 0), 5);
  EXPECT_DOUBLE_EQ(BestAt(analysis, 1, 0), 2);
  EXPECT_TRUE(analysis.summary.rows[1].best[0]->stopped_earlier);
}

TEST(SummarizeTest, WithAnAxisOfStepsEachTrialCountsAtItsOwnEnd) {
  v1::SweepSpec spec = BaseSpec();
  AddAxis("steps", {20, 40, 100}, &spec);
  spec.mutable_summarize()->add_by("steps");
  FakeSweep sweep(spec);
  for (const auto& [trial, last] : {std::pair(0, 20), {1, 40}, {2, 100}}) {
    sweep.Record(
        trial, [](double step) { return 200 - step; }, last);
  }
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_THAT(analysis.summary.steps, ElementsAre(kAtTheEnd));
  EXPECT_DOUBLE_EQ(BestAt(analysis, 0, 0), 180);
  EXPECT_DOUBLE_EQ(BestAt(analysis, 1, 0), 160);
  EXPECT_DOUBLE_EQ(BestAt(analysis, 2, 0), 100);
}

TEST(SummarizeTest, OfAnAccuracyTheLargestIsBest) {
  v1::SweepSpec spec = RateSpec();
  spec.mutable_trial()->mutable_record()->add_metrics(v1::METRIC_ACCURACY);
  v1::DataSpec* data = spec.mutable_trial()->mutable_data();
  data->clear_synthetic();
  data->set_digest(absl::StrCat("sha256:", std::string(64, 'a')));
  data->set_one_hot(true);
  FakeSweep sweep(spec);
  sweep.RecordAll([](int64_t trial, double) { return 0.5 + 0.1 * trial; });
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_DOUBLE_EQ(BestAt(analysis, 0, 0), 0.6);
  EXPECT_DOUBLE_EQ(BestAt(analysis, 1, 0), 0.8);
}

TEST(SummarizeTest, AMetricThatOnlyDescribesIsShownWhereTheLossEndsLeast) {
  v1::SweepSpec spec = RateSpec();
  spec.mutable_trial()->mutable_record()->add_metrics(
      v1::METRIC_EFFECTIVE_RANK);
  FakeSweep sweep(spec);
  sweep.RecordAll([](int64_t trial, double) { return 3.0 + trial; });
  for (int64_t trial = 0; trial < 4; ++trial) {
    sweep.SetFinalLoss(trial, trial == 1 || trial == 2 ? 0.1 : 0.2);
  }
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_DOUBLE_EQ(BestAt(analysis, 0, 0), 4);
  EXPECT_DOUBLE_EQ(BestAt(analysis, 1, 0), 5);
}

TEST(SummarizeTest, WhatIsDrawnIsTheSettingThatIsFirstAtTheQuotedGoal) {
  FakeSweep sweep(RateSpec());
  sweep.Record(0, [](double step) { return std::exp(-step / 25); });
  sweep.Record(1, [](double step) { return std::exp(-step / 10) + 0.02; });
  sweep.Record(2, [](double step) { return std::exp(-step / 30); });
  sweep.Record(3, [](double step) { return std::exp(-step / 8) + 0.021; });
  const SweepAnalysis analysis = sweep.Analyze({.goal = 0.1});
  EXPECT_THAT(analysis.summary.rows[0].shown_trials, ElementsAre(1));
  EXPECT_THAT(analysis.summary.rows[1].shown_trials, ElementsAre(3));
  EXPECT_EQ(analysis.summary.rows[0].curve.values.size(), 101u);
  // The table still has the best setting at the last step.
  EXPECT_THAT(analysis.summary.rows[0].best[0]->trials, ElementsAre(0));
}

}  // namespace
}  // namespace fathom::client
