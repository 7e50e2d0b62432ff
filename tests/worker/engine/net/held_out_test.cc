// What a conv_net is measured by on rows that it is not trained on.
#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/linear/evaluations.h"
#include "tests/worker/engine/net/nets.h"
#include "worker/engine/net/net_engine.h"

namespace fathom::worker {
namespace {

using test::ExpectSameBits;
using test::ExpectTheSameWhenEvaluatedApart;
using test::ImageData;
using test::Images;
using test::Prepared;
using test::Recorder;
using test::SmallNet;
using test::Train;
using ::testing::HasSubstr;

Dataset Rows(const Dataset& data, int64_t begin, int64_t end) {
  return {.rows = end - begin,
          .columns = data.columns,
          .targets = data.targets,
          .x = {data.x.begin() + begin * data.columns,
                data.x.begin() + end * data.columns},
          .y = {data.y.begin() + begin * data.targets,
                data.y.begin() + end * data.targets}};
}

// 40 rows that are trained on, then 18 for validation and 70 for testing, more
// than are measured at a time.
constexpr int64_t kTrained = 40;
constexpr int64_t kValidated = 18;
constexpr int64_t kTested = 70;

v1::DataSpec HoldsOutTheLastRows() {
  v1::DataSpec spec;
  spec.mutable_validation()->set_rows(kValidated);
  spec.mutable_validation()->set_from(kTrained);
  spec.mutable_test()->set_rows(kTested);
  return spec;
}

v1::TrialSpec WithScores(v1::TrialSpec trial) {
  for (const v1::Metric metric :
       {v1::METRIC_TEST_LOSS, v1::METRIC_TEST_ERROR, v1::METRIC_VALIDATION_LOSS,
        v1::METRIC_VALIDATION_ERROR}) {
    trial.mutable_record()->add_metrics(metric);
  }
  return trial;
}

// A small net with dropout, descending on cross-entropy or on squares.
v1::TrialSpec Dropping(bool squares, int64_t steps) {
  v1::TrialSpec trial = SmallNet(2, steps);
  trial.mutable_model()->mutable_dense1()->set_dropout(0.5);
  if (squares) {
    trial.mutable_loss()->set_kind(v1::LOSS_KIND_LP);
    trial.mutable_loss()->set_lp(2);
    trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE_OVER_P);
  }
  return trial;
}

// In step 0 the weights are what the seed says, whatever the data.
TEST(NetHeldOutTest, HeldOutRowsAreMeasuredLikeTrainedOnes) {
  const Dataset data = ImageData(kTrained + kValidated + kTested, 6);
  const Problem parts = Prepared(data, HoldsOutTheLastRows());
  for (const bool squares : {false, true}) {
    const v1::TrialSpec trial = Dropping(squares, 1);
    Recorder scores = Train(parts, {WithScores(trial)});
    const std::vector<double>& start = scores.lanes[0].points.at(0);
    const auto expect = [&](int64_t begin, int64_t end, size_t at) {
      Recorder direct = Train(Prepared(Rows(data, begin, end)), {trial});
      const std::vector<double>& point = direct.lanes[0].points.at(0);
      EXPECT_EQ(start[at], point[0]);
      EXPECT_EQ(1 - start[at + 1], point[1]);
      EXPECT_GT(start[at], 0);
      EXPECT_GT(start[at + 1], 0);
    };
    expect(kTrained + kValidated, data.rows, 6);
    expect(kTrained, kTrained + kValidated, 8);
  }
}

TEST(NetHeldOutTest, HeldOutCopiesScoreLikeTheTrainedRowsAllTheWay) {
  Dataset data = ImageData(30, 6);
  data.rows = 60;
  data.x.insert(data.x.end(), data.x.begin(), data.x.begin() + 30 * 36);
  data.y.insert(data.y.end(), data.y.begin(), data.y.begin() + 30);
  v1::DataSpec spec;
  spec.mutable_test()->set_rows(30);
  v1::TrialSpec trial = Dropping(false, 40);
  trial.mutable_record()->add_metrics(v1::METRIC_TEST_LOSS);
  trial.mutable_record()->add_metrics(v1::METRIC_TEST_ERROR);
  Recorder recorder = Train(Prepared(data, spec), {trial});
  ASSERT_EQ(recorder.lanes[0].points.size(), 9u);
  for (const auto& [step, values] : recorder.lanes[0].points) {
    EXPECT_EQ(values[6], values[0]) << step;
    EXPECT_EQ(1 - values[7], values[1]) << step;
  }
}

TEST(NetHeldOutTest, TrainingDoesNotDependOnRowsHeldOutBehindIts) {
  const Dataset data = ImageData(kTrained + kValidated + kTested, 6);
  const v1::TrialSpec trial = Dropping(false, 20);
  Recorder with =
      Train(Prepared(data, HoldsOutTheLastRows()), {WithScores(trial)});
  Recorder alone = Train(Prepared(Rows(data, 0, kTrained)), {trial});
  for (auto& [step, values] : with.lanes[0].points) {
    for (size_t i = 6; i < 10; ++i) EXPECT_TRUE(std::isfinite(values[i]));
    values.resize(6);
  }
  ExpectSameBits(with.lanes[0], alone.lanes[0]);
}

TEST(NetHeldOutTest, HeldOutRowsAreNotTrainedOnAndTakeTime) {
  const Dataset data = ImageData(kTrained + kValidated + kTested, 6);
  const Problem parts = Prepared(data, HoldsOutTheLastRows());
  v1::TrialSpec trial = SmallNet(1, 8);
  trial.mutable_optimizer()->set_batch_size(kTrained + 1);
  EXPECT_THAT(Train(parts, {trial}).result(0).error(),
              HasSubstr("found 41, expected 1 to 40"));
  trial = WithScores(SmallNet(1, 8));
  EXPECT_THAT(Train(Images(40, 6), {trial}).result(0).error(),
              HasSubstr("found test loss"));
  *trial.mutable_data() = HoldsOutTheLastRows();
  const DataShape shape = ShapeOf(parts);
  v1::TrialSpec fewer = trial;
  fewer.mutable_data()->mutable_test()->set_rows(kTested - 1);
  EXPECT_GT(NetEngine().StepFlops(trial, shape),
            NetEngine().StepFlops(fewer, shape));
  fewer = SmallNet(1, 8);
  *fewer.mutable_data() = HoldsOutTheLastRows();
  // 9 points, of which each is measured on all rows instead of the 40 trained.
  const double forward =
      NetEngine().StepFlops(trial, shape) - NetEngine().StepFlops(fewer, shape);
  fewer.mutable_record()->clear_metrics();
  fewer.mutable_record()->add_metrics(v1::METRIC_BATCH_LOSS);
  v1::TrialSpec loss = fewer;
  loss.mutable_record()->add_metrics(v1::METRIC_LOSS);
  const double eight_passes =
      NetEngine().StepFlops(loss, shape) - NetEngine().StepFlops(fewer, shape);
  EXPECT_NEAR(forward / eight_passes,
              9.0 * (kValidated + kTested) / (8.0 * kTrained), 1e-9);
}

TEST(NetHeldOutTest, MetricsAreTheSameAtStepsOfTheirOwn) {
  const Dataset data = ImageData(kTrained + kValidated + kTested, 6);
  const Problem parts = Prepared(data, HoldsOutTheLastRows());
  for (const bool squares : {false, true}) {
    v1::TrialSpec trial = WithScores(Dropping(squares, 20));
    EXPECT_EQ(ExpectTheSameWhenEvaluatedApart(NetEngine(), parts, trial),
              v1::TRIAL_STATE_SUCCEEDED);
    trial.mutable_stop()->set_loss_below(
        Train(parts, {trial}).lanes[0].points.at(10)[0] * (1 + 1e-9));
    EXPECT_EQ(ExpectTheSameWhenEvaluatedApart(NetEngine(), parts, trial),
              v1::TRIAL_STATE_STOPPED);
    trial.mutable_stop()->clear_loss_below();
    trial.mutable_optimizer()->set_learning_rate(1e9);
    EXPECT_EQ(ExpectTheSameWhenEvaluatedApart(NetEngine(), parts, trial),
              v1::TRIAL_STATE_DIVERGED);
  }
}

TEST(NetHeldOutTest, AnEvaluationCostsWhatItsOwnStepsCost) {
  const DataShape shape = ShapeOf(Images(40, 6));
  v1::TrialSpec trial = SmallNet(1, 40);
  trial.mutable_data()->mutable_test()->set_rows(1000);
  trial.mutable_record()->set_points(41);
  const double none = NetEngine().StepFlops(trial, shape);
  trial.mutable_record()->add_metrics(v1::METRIC_TEST_LOSS);
  const double everywhere = NetEngine().StepFlops(trial, shape);
  trial.mutable_record()->mutable_evaluate()->set_points(5);
  trial.mutable_record()->mutable_evaluate()->set_spacing(
      v1::RECORD_SPACING_LINEAR);
  EXPECT_NEAR(
      (NetEngine().StepFlops(trial, shape) - none) / (everywhere - none),
      5.0 / 41, 1e-9);
}

}  // namespace
}  // namespace fathom::worker
