#include "client/analysis/race/level.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/client/analysis/fake_sweep.h"

namespace fathom::client {
namespace {

using test::AddAxis;
using test::AddRange;
using test::BaseSpec;
using test::FakeSweep;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::SweepSpec Spec(v1::Metric metric, int64_t seeds) {
  v1::SweepSpec spec = BaseSpec();
  v1::TrialSpec* trial = spec.mutable_trial();
  trial->mutable_record()->add_metrics(metric);
  if (metric == v1::METRIC_RECONSTRUCTION_ERROR) {
    trial->mutable_data()->clear_synthetic();
    v1::CompletionData* data = trial->mutable_data()->mutable_completion();
    data->set_matrix_rows(4);
    data->set_matrix_columns(4);
    data->set_rank(1);
  } else if (metric == v1::METRIC_ACCURACY) {
    trial->mutable_data()->clear_synthetic();
    trial->mutable_data()->set_digest(
        absl::StrCat("sha256:", std::string(64, 'a')));
    trial->mutable_data()->set_one_hot(true);
  }
  AddAxis("model.depth", {1, 4}, &spec);
  AddRange("seed", 0, seeds, &spec);
  return spec;
}

TEST(LevelTest, AnErrorIsComparedByItsRatio) {
  FakeSweep sweep(Spec(v1::METRIC_RECONSTRUCTION_ERROR, 1));
  sweep.RecordAll(
      [](int64_t trial, double) { return trial == 0 ? 0.82 : 0.0029; });
  const SweepAnalysis analysis = sweep.Analyze();
  EXPECT_THAT(analysis.races, IsEmpty());
  ASSERT_THAT(analysis.levels, SizeIs(1));
  const LevelOfGroup& deep = analysis.levels[0].groups[1];
  EXPECT_NEAR(*deep.comparison, 0.0029 / 0.82, 1e-15);
  EXPECT_EQ(deep.verdict, Verdict::kBetter);
  EXPECT_FALSE(deep.interval.has_value());
}

TEST(LevelTest, AnAccuracyIsComparedByItsDifferenceAndLargerIsBetter) {
  FakeSweep sweep(Spec(v1::METRIC_ACCURACY, 6));
  sweep.RecordAll([](int64_t trial, double) {
    return (trial < 6 ? 0.8 : 0.85) + 0.001 * (trial % 6);
  });
  const LevelOfGroup deep = sweep.Analyze().levels[0].groups[1];
  EXPECT_NEAR(*deep.comparison, 0.05, 1e-12);
  EXPECT_EQ(deep.verdict, Verdict::kBetter);
  // The seeds are paired, and their luck is the same at both depths.
  EXPECT_NEAR(deep.interval->low, 0.05, 1e-12);
  EXPECT_NEAR(deep.interval->high, 0.05, 1e-12);
}

TEST(LevelTest, WhatAgreesInFourDigitsOrWithinTheIntervalIsATie) {
  FakeSweep same(Spec(v1::METRIC_RECONSTRUCTION_ERROR, 1));
  same.RecordAll([](int64_t trial, double) {
    return trial == 0 ? 0.0041990001 : 0.0041990002;
  });
  EXPECT_EQ(same.Analyze().levels[0].groups[1].verdict, Verdict::kTie);
  FakeSweep unsure(Spec(v1::METRIC_RECONSTRUCTION_ERROR, 6));
  const double luck[] = {1, 9, 2, 8, 3, 7};
  unsure.RecordAll([&](int64_t trial, double) {
    return trial < 6 ? luck[trial] : 0.9 * luck[11 - trial];
  });
  EXPECT_EQ(unsure.Analyze().levels[0].groups[1].verdict, Verdict::kTie);
}

// Any of the equal settings could be named, but which of them it is must not
// depend on anything else.
TEST(LevelTest, OfEqualMeansTheFirstSettingIsNamed) {
  for (const v1::Metric metric :
       {v1::METRIC_RECONSTRUCTION_ERROR, v1::METRIC_ACCURACY,
        v1::METRIC_EFFECTIVE_RANK}) {
    v1::SweepSpec spec = Spec(metric, 2);
    AddAxis("optimizer.learning_rate", {0.1, 0.2, 0.4}, &spec);
    FakeSweep sweep(spec);
    // Trials 0 to 5 are depth 1, seeds by rates. All settings have the mean
    // 0.5.
    sweep.RecordAll(
        [](int64_t trial, double) { return trial / 3 % 2 == 0 ? 0.25 : 0.75; });
    for (int64_t trial = 0; trial < 12; ++trial) sweep.SetFinalLoss(trial, 2);
    const SweepAnalysis analysis = sweep.Analyze();
    for (const LevelOfGroup& group : analysis.levels[0].groups) {
      ASSERT_THAT(group.settings, SizeIs(1));
      EXPECT_EQ(group.settings[0].number(), 0.1) << v1::Metric_Name(metric);
      EXPECT_EQ(*group.value, 0.5);
    }
  }
}

// Levels are compared with the shallowest depth, as races are.
TEST(LevelTest, EveryDepthIsComparedWithTheShallowest) {
  v1::SweepSpec spec = Spec(v1::METRIC_RECONSTRUCTION_ERROR, 1);
  spec.mutable_axes(0)
      ->mutable_axes(0)
      ->mutable_list()
      ->add_values()
      ->set_integer(8);
  FakeSweep sweep(spec);
  const double found[] = {0.8, 0.4, 0.1};
  sweep.RecordAll([&](int64_t trial, double) { return found[trial]; });
  const LevelComparison levels = sweep.Analyze().levels[0];
  ASSERT_THAT(levels.groups, SizeIs(3));
  EXPECT_DOUBLE_EQ(*levels.groups[1].comparison, 0.5);
  EXPECT_DOUBLE_EQ(*levels.groups[2].comparison, 0.125);
}

TEST(LevelTest, NothingIsComparedWithWhatIsNotWhole) {
  FakeSweep sweep(Spec(v1::METRIC_RECONSTRUCTION_ERROR, 2));
  sweep.RecordAll([](int64_t trial, double) { return 1.0 + trial; });
  sweep.SetState(3, v1::TRIAL_STATE_LEASED);
  const LevelOfGroup deep = sweep.Analyze().levels[0].groups[1];
  EXPECT_FALSE(deep.value.has_value());
  EXPECT_EQ(deep.verdict, Verdict::kNone);
}

TEST(LevelTest, AMetricThatOnlyDescribesIsNotCompared) {
  FakeSweep sweep(Spec(v1::METRIC_EFFECTIVE_RANK, 1));
  sweep.RecordAll([](int64_t trial, double) { return 12.0 - trial; });
  const LevelComparison levels = sweep.Analyze().levels[0];
  EXPECT_FALSE(levels.is_compared);
  EXPECT_EQ(levels.groups[1].value, 11);
  EXPECT_FALSE(levels.groups[1].comparison.has_value());
}

}  // namespace
}  // namespace fathom::client
