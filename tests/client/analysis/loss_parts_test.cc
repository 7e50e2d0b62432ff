#include "client/analysis/loss_parts.h"

#include <cmath>
#include <vector>

#include "client/analysis/analysis.h"
#include "gmock/gmock.h"
#include "tests/client/analysis/sweeps.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::SweepSpec Recording(const std::vector<v1::Metric>& metrics) {
  v1::SweepSpec spec = test::BaseSpec();
  for (const v1::Metric metric : metrics) {
    spec.mutable_trial()->mutable_record()->add_metrics(metric);
  }
  return spec;
}

TEST(LossPartMetricsTest, AreThePartsAndTheErrorsOnHeldOutRows) {
  v1::SweepSpec spec = Recording({v1::METRIC_TEST_ERROR, v1::METRIC_REGULARIZER,
                                  v1::METRIC_TEST_LOSS, v1::METRIC_BATCH_LOSS,
                                  v1::METRIC_BATCH_DATA_LOSS});
  EXPECT_THAT(LossPartMetrics(spec), IsEmpty());
  spec.mutable_trial()->mutable_regularizer()->set_l2(1e-3);
  EXPECT_THAT(LossPartMetrics(spec),
              ElementsAre(v1::METRIC_BATCH_LOSS, v1::METRIC_BATCH_DATA_LOSS,
                          v1::METRIC_REGULARIZER, v1::METRIC_TEST_ERROR));
  spec.mutable_trial()->clear_regularizer();
  test::AddAxis("regularizer.l2", {0, 0.5}, &spec);
  EXPECT_THAT(LossPartMetrics(spec), SizeIs(4));
  spec = Recording({v1::METRIC_REGULARIZER, v1::METRIC_BATCH_LOSS});
  spec.mutable_trial()->mutable_regularizer()->set_l2(1e-3);
  EXPECT_THAT(LossPartMetrics(spec), IsEmpty());
}

// Two rows of two repetitions: trials 0 and 1, and 2 and 3.
class LossPartsFinderTest : public ::testing::Test {
 protected:
  LossPartsFinderTest()
      : finder_({v1::METRIC_BATCH_LOSS, v1::METRIC_BATCH_DATA_LOSS,
                 v1::METRIC_REGULARIZER}) {
    summary_.rows.resize(2);
    summary_.rows[0].shown_trials = {0, 1};
    summary_.rows[1].shown_trials = {2, 3};
  }

  // Adds all parts of a trial, which end at these values.
  void Add(int64_t trial, double data, double regularizer,
           v1::TrialState state = v1::TRIAL_STATE_SUCCEEDED) {
    const std::vector<int64_t> steps = {0, 5, 10};
    for (const auto& [metric, end] :
         {std::pair(size_t{0}, data + regularizer), std::pair(size_t{1}, data),
          std::pair(size_t{2}, regularizer)}) {
      const std::vector<double> values = {10, 5, end};
      finder_.Add(metric, {.trial = trial,
                           .state = state,
                           .steps = 10,
                           .at = steps,
                           .values = values});
    }
  }

  LossPartsFinder finder_;
  SweepSummary summary_;
};

TEST_F(LossPartsFinderTest, DifferencesAreThoseOfMeansAndAddUp) {
  Add(0, 0.25, 1.5);
  Add(1, 0.75, 2.5);
  Add(2, 0.5, 0.25);
  Add(3, 1.0, 0.25);
  const LossParts parts = finder_.Result(summary_, {{0, 1}});
  ASSERT_THAT(parts.rows, SizeIs(2));
  EXPECT_EQ(parts.rows[0][0].end->mean, 2.5);
  EXPECT_EQ(parts.rows[0][1].end->mean, 0.5);
  EXPECT_EQ(parts.rows[1][2].end->mean, 0.25);
  EXPECT_EQ(*parts.rows[1][2].end->error, 0);
  EXPECT_THAT(parts.rows[0][0].curve.values, ElementsAre(10, 5, 2.5));
  ASSERT_THAT(parts.differences, SizeIs(1));
  const LossDifference& difference = parts.differences[0];
  EXPECT_EQ(difference.total.mean, 1.5);
  EXPECT_EQ(difference.regularizer.mean, 1.75);
  EXPECT_EQ(difference.data.mean, -0.25);
  // Of two values the standard error is half their distance.
  EXPECT_EQ(*difference.regularizer.error, 0.5);
  EXPECT_DOUBLE_EQ(*difference.data.error, std::hypot(0.25, 0.25));
}

TEST_F(LossPartsFinderTest, AGroupWithATrialThatDidNotGetThereHasNoEnd) {
  Add(0, 0.25, 1.5);
  Add(1, 0.75, 2.5, v1::TRIAL_STATE_DIVERGED);
  Add(2, 0.5, 0.25);
  Add(3, 1.0, 0.25);
  const LossParts parts = finder_.Result(summary_, {{0, 1}});
  EXPECT_FALSE(parts.rows[0][0].end.has_value());
  EXPECT_TRUE(parts.rows[1][0].end.has_value());
  EXPECT_THAT(parts.differences, IsEmpty());
}

TEST_F(LossPartsFinderTest, ASingleRepetitionHasNoSpread) {
  summary_.rows[0].shown_trials = {0};
  summary_.rows[1].shown_trials = {2};
  Add(0, 0.25, 1.5);
  Add(2, 0.5, 0.25);
  const LossParts parts = finder_.Result(summary_, {{1, 0}});
  ASSERT_THAT(parts.differences, SizeIs(1));
  EXPECT_EQ(parts.differences[0].reference, 1u);
  EXPECT_EQ(parts.differences[0].total.mean, -1);
  EXPECT_FALSE(parts.differences[0].total.error.has_value());
}

TEST(FamiliesOfTest, AreDepthsOrElseAllRows) {
  SweepAnalysis analysis;
  analysis.summary.rows.resize(4);
  EXPECT_THAT(FamiliesOf(analysis), ElementsAre(ElementsAre(0, 1, 2, 3)));
  for (const int64_t place : {0, 1}) {
    LevelComparison& level = analysis.levels.emplace_back();
    level.groups.push_back({.group = place});
    level.groups.push_back({.group = place + 2});
  }
  EXPECT_THAT(FamiliesOf(analysis),
              ElementsAre(ElementsAre(0, 2), ElementsAre(1, 3)));
}

}  // namespace
}  // namespace fathom::client
