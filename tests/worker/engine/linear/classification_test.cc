#include <cmath>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/linear/metrics.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker {
namespace {

using test::ExpectSameBits;
using test::Recorder;
using test::RunAll;
using test::SmallTrial;
using ::testing::HasSubstr;

// Clusters around `classes` points in the plane, with labels 0, 1, ...
Dataset Clusters(int classes, int64_t rows) {
  Dataset data = {.rows = rows, .columns = 3, .targets = 1, .x = {}, .y = {}};
  kernel::RandomStream random(3, kernel::Purpose::kFeatures);
  for (int64_t i = 0; i < rows; ++i) {
    const auto label = static_cast<int>(i % classes);
    const double angle = 6.28318 * label / classes;
    data.x.push_back(2 * std::cos(angle) + 0.3 * random.Normal());
    data.x.push_back(2 * std::sin(angle) + 0.3 * random.Normal());
    data.x.push_back(1 + 1e-3 * random.Normal());
    data.y.push_back(label);
  }
  return data;
}

Problem Classes(int classes, int64_t rows = 60) {
  v1::DataSpec spec;
  if (classes > 2) spec.set_one_hot(true);
  return PrepareProblem(spec, Clusters(classes, rows)).value();
}

v1::TrialSpec CrossEntropyTrial(int depth, double rate, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(2, depth, rate, steps);
  trial.clear_loss();
  trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  trial.mutable_record()->add_metrics(v1::METRIC_ACCURACY);
  trial.mutable_record()->add_metrics(v1::METRIC_LP_ERROR);
  return trial;
}

TEST(ClassificationTest, LearnsToTellClustersApart) {
  for (const int classes : {2, 5}) {
    const Problem problem = Classes(classes);
    for (const int depth : {1, 2}) {
      for (const int64_t batch : {0, 8}) {
        v1::TrialSpec trial = CrossEntropyTrial(depth, 0.3, 400);
        trial.mutable_optimizer()->set_batch_size(batch);
        Recorder recorder = RunAll(problem, {trial});
        EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
        const std::vector<double>& end = recorder.lanes[0].points.at(400);
        EXPECT_LT(end[0], 0.1);
        EXPECT_EQ(end[1], 1);
        EXPECT_EQ(end[2], end[0]);
      }
    }
  }
}

TEST(ClassificationTest, ZeroMapGuesses) {
  for (const int classes : {2, 3, 6}) {
    v1::TrialSpec trial = CrossEntropyTrial(1, 0.1, 1);
    trial.mutable_model()->mutable_init()->set_std(0);
    Recorder recorder = RunAll(Classes(classes), {trial});
    const std::vector<double>& start = recorder.lanes[0].points.at(0);
    EXPECT_NEAR(start[0], std::log(classes), 1e-14);
    EXPECT_NEAR(start[1], 1.0 / classes, 1e-14);
  }
}

TEST(ClassificationTest, DivergenceIsMeasuredAgainstTheZeroMap) {
  v1::TrialSpec trial = CrossEntropyTrial(3, 1e4, 100);
  Recorder recorder = RunAll(Classes(4), {trial});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_TRUE(std::isfinite(recorder.result(0).final_loss()));
}

TEST(ClassificationTest, SquaredErrorOnOneHotTargetsHasAnAccuracy) {
  v1::TrialSpec trial = SmallTrial(2, 1, 0.1, 200);
  trial.mutable_record()->add_metrics(v1::METRIC_ACCURACY);
  Recorder recorder = RunAll(Classes(3), {trial});
  EXPECT_GT(recorder.lanes[0].points.at(200)[1], 0.95);
}

// An output that is no number is no smallest one, wherever it stands.
TEST(ClassificationTest, AnOutputThatIsNoNumberHasNoAccuracy) {
  const Problem problem = Classes(3);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const size_t broken : {0, 1, 2}) {
    std::vector<double> w = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    std::vector<double> room(3);
    const Snapshot fine = {.problem = &problem,
                           .end_to_end = {w.data(), 3, 3, 3},
                           .spectrum = Spectrum({w.data(), 3, 3, 3}, nullptr),
                           .outputs = absl::MakeSpan(room)};
    const auto measure = FindMetricRule(v1::METRIC_ACCURACY)->measure;
    EXPECT_TRUE(std::isfinite(measure(fine)));
    w[3 * broken] = nan;
    EXPECT_TRUE(std::isnan(measure(fine))) << broken;
  }
}

TEST(ClassificationTest, TargetsThatAreNoLabelsFailTheirTrialAlone) {
  const Problem numbers = test::SmallProblem(30, 3, 1);
  Recorder one =
      RunAll(numbers, {CrossEntropyTrial(1, 0.1, 5), SmallTrial(2, 1, 0.1, 5)});
  EXPECT_EQ(one.result(0).outcome(), v1::TRIAL_STATE_FAILED);
  EXPECT_THAT(one.result(0).error(), HasSubstr("needs labels 0 and 1"));
  EXPECT_EQ(one.result(1).outcome(), v1::TRIAL_STATE_SUCCEEDED);

  Dataset several = Clusters(2, 20);
  several.targets = 2;
  several.y.clear();
  for (int i = 0; i < 20; ++i) {
    several.y.push_back(i % 2);
    several.y.push_back(1 - i % 2);
  }
  several.y[0] = 1;
  const auto problem = PrepareProblem(v1::DataSpec(), several);
  ASSERT_OK(problem);
  Recorder two = RunAll(*problem, {CrossEntropyTrial(1, 0.1, 5)});
  EXPECT_EQ(two.result(0).outcome(), v1::TRIAL_STATE_FAILED);
  EXPECT_THAT(two.result(0).error(), HasSubstr("sample 1 has 2"));
}

TEST(ClassificationTest, BitsOfALaneDoNotDependOnItsNeighbours) {
  for (const int classes : {2, 4}) {
    const Problem problem = Classes(classes, 50);
    std::vector<v1::TrialSpec> trials;
    for (const double p : {0.0, 1.5, 2.0, 4.0}) {  // 0 is cross-entropy.
      for (const int64_t batch : {0, 7}) {
        for (const int depth : {1, 2}) {
          v1::TrialSpec trial = p == 0 ? CrossEntropyTrial(depth, 0.05, 20)
                                       : SmallTrial(p, depth, 0.05, 20);
          trial.set_seed(trials.size());
          trial.mutable_optimizer()->set_batch_size(batch);
          trial.mutable_record()->add_metrics(v1::METRIC_GRADIENT_NORM);
          trials.push_back(trial);
        }
      }
    }
    Recorder together = RunAll(problem, trials);
    for (size_t i = 0; i < trials.size(); ++i) {
      Recorder alone = RunAll(problem, {trials[i]});
      ExpectSameBits(together.lanes[static_cast<int>(i)], alone.lanes[0]);
    }
  }
}

}  // namespace
}  // namespace fathom::worker
