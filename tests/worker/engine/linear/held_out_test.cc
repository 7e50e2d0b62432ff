// What is measured on rows that are not trained on.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/engine/linear/evaluations.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/linear/cost.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker {
namespace {

using test::Evaluated;
using test::ExpectSameBits;
using test::ExpectTheSameWhenEvaluatedApart;
using test::Recorder;
using test::RunAll;
using test::SmallTrial;
using ::testing::HasSubstr;

constexpr int64_t kRows = 48;

// Two numbers as targets, or one label of `classes`.
Dataset Samples(int classes) {
  Dataset data = {.rows = kRows, .columns = 4, .targets = classes == 0 ? 2 : 1};
  kernel::RandomStream random(11, kernel::Purpose::kFeatures);
  for (int64_t i = 0; i < kRows; ++i) {
    const auto label =
        static_cast<double>(classes == 0 ? 0 : (7 * i) % classes);
    for (int j = 0; j < 4; ++j) {
      data.x.push_back(random.Normal() + (label == j ? 1.5 : 0));
    }
    if (classes > 0) data.y.push_back(label);
    for (int o = 0; classes == 0 && o < 2; ++o) {
      data.y.push_back(random.Normal());
    }
  }
  return data;
}

Dataset Rows(const Dataset& data, int64_t begin, int64_t end) {
  return {.rows = end - begin,
          .columns = data.columns,
          .targets = data.targets,
          .x = {data.x.begin() + begin * data.columns,
                data.x.begin() + end * data.columns},
          .y = {data.y.begin() + begin * data.targets,
                data.y.begin() + end * data.targets}};
}

Dataset Below(Dataset upper, const Dataset& lower) {
  upper.rows += lower.rows;
  upper.x.insert(upper.x.end(), lower.x.begin(), lower.x.end());
  upper.y.insert(upper.y.end(), lower.y.begin(), lower.y.end());
  return upper;
}

v1::DataSpec Spec(int classes, int64_t test_rows, int64_t validation_rows) {
  v1::DataSpec spec;
  spec.set_one_hot(classes > 2);
  if (test_rows > 0) spec.mutable_test()->set_rows(test_rows);
  if (validation_rows > 0) {
    spec.mutable_validation()->set_rows(validation_rows);
  }
  return spec;
}

struct Kind {
  int classes;
  double p;  // 0 is cross-entropy.
  v1::LossFactor factor = v1::LOSS_FACTOR_ONE_OVER_P;
};
constexpr Kind kKinds[] = {{0, 2},   {0, 2, v1::LOSS_FACTOR_ONE},
                           {0, 4},   {0, 3, v1::LOSS_FACTOR_ONE},
                           {0, 1.5}, {2, 0},
                           {4, 0},   {4, 2}};

v1::TrialSpec Trial(const Kind& kind, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(kind.p, 2, 0.05, steps);
  trial.mutable_loss()->set_factor(kind.factor);
  if (kind.p == 0) {
    trial.clear_loss();
    trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  }
  trial.mutable_record()->add_metrics(v1::METRIC_ACCURACY);
  return trial;
}

v1::TrialSpec WithScores(v1::TrialSpec trial) {
  for (const v1::Metric metric :
       {v1::METRIC_TEST_LOSS, v1::METRIC_TEST_ERROR, v1::METRIC_VALIDATION_LOSS,
        v1::METRIC_VALIDATION_ERROR}) {
    trial.mutable_record()->add_metrics(metric);
  }
  return trial;
}

// The first two metrics, as without the others.
Recorder::Lane WithoutScores(Recorder::Lane lane) {
  for (auto& [step, values] : lane.points) values.resize(2);
  return lane;
}

void ExpectClose(double a, double b, double tolerance) {
  EXPECT_NEAR(a, b, tolerance * std::max({1.0, std::abs(a), std::abs(b)}));
}

TEST(HeldOutMetricsTest, TrainingGivesTheBitsOfItsRowsAlone) {
  for (const Kind& kind : kKinds) {
    const Dataset data = Samples(kind.classes);
    for (const int64_t batch : {0, 5}) {
      for (const bool standardize : {false, true}) {
        v1::DataSpec spec = Spec(kind.classes, 9, 7);
        spec.set_standardize(standardize);
        v1::TrialSpec trial = Trial(kind, 12);
        trial.mutable_optimizer()->set_batch_size(batch);
        trial.set_precision(batch == 0 ? v1::PRECISION_DOUBLE
                                       : v1::PRECISION_FLOAT);
        const auto parts = PrepareProblem(spec, data);
        ASSERT_OK(parts);
        v1::DataSpec alone_spec = Spec(kind.classes, 0, 0);
        alone_spec.set_standardize(standardize);
        const auto alone = PrepareProblem(alone_spec, Rows(data, 7, kRows - 9));
        ASSERT_OK(alone);
        Recorder with = RunAll(*parts, {WithScores(trial)});
        Recorder without = RunAll(*alone, {trial});
        ExpectSameBits(WithoutScores(with.lanes[0]), without.lanes[0]);
      }
    }
  }
}

// At the start W is what the seed says, whatever the data.
TEST(HeldOutMetricsTest, ScoresAreWhatTrainingMeasuresOnTheSameRows) {
  for (const Kind& kind : kKinds) {
    const Dataset data = Samples(kind.classes);
    const v1::TrialSpec trial = Trial(kind, 1);
    const auto parts = PrepareProblem(Spec(kind.classes, 12, 16), data);
    ASSERT_OK(parts);
    Recorder scores = RunAll(*parts, {WithScores(trial)});
    const std::vector<double>& start = scores.lanes[0].points.at(0);
    const auto expect = [&](const Dataset& rows, double loss, double error) {
      const auto problem = PrepareProblem(Spec(kind.classes, 0, 0), rows);
      ASSERT_OK(problem);
      Recorder direct = RunAll(*problem, {trial});
      const std::vector<double>& point = direct.lanes[0].points.at(0);
      ExpectClose(loss, point[0], 1e-14);
      EXPECT_NEAR(error, 1 - point[1], 1e-15);
      EXPECT_GT(loss, 0);
    };
    expect(Rows(data, kRows - 12, kRows), start[2], start[3]);
    expect(Rows(data, 0, 16), start[4], start[5]);
  }
}

// Held-out copies of the trained rows score what training says, all the way.
TEST(HeldOutMetricsTest, CopiesOfTheTrainedRowsScoreTheSame) {
  for (const Kind& kind : kKinds) {
    const Dataset data = Samples(kind.classes);
    const auto problem = PrepareProblem(Spec(kind.classes, kRows, kRows),
                                        Below(Below(data, data), data));
    ASSERT_OK(problem);
    for (const v1::Precision precision :
         {v1::PRECISION_DOUBLE, v1::PRECISION_FLOAT}) {
      v1::TrialSpec trial = WithScores(Trial(kind, 30));
      trial.set_precision(precision);
      const double tolerance = precision == v1::PRECISION_FLOAT ? 1e-5 : 1e-14;
      Recorder recorder = RunAll(*problem, {trial});
      ASSERT_EQ(recorder.lanes[0].points.size(), 31u);
      for (const auto& [step, values] : recorder.lanes[0].points) {
        ExpectClose(values[2], values[0], tolerance);
        EXPECT_EQ(values[3], 1 - values[1]);
        EXPECT_EQ(values[4], values[2]);
        EXPECT_EQ(values[5], values[3]);
      }
    }
  }
}

TEST(HeldOutMetricsTest, TheirOrderDoesNotMatter) {
  for (const Kind& kind : kKinds) {
    const Dataset data = Samples(kind.classes);
    const Dataset train = Rows(data, 0, 30);
    Dataset turned = train;
    for (int64_t i = kRows; i-- > 30;) {
      turned = Below(std::move(turned), Rows(data, i, i + 1));
    }
    v1::TrialSpec trial = WithScores(Trial(kind, 10));
    trial.mutable_record()->clear_metrics();
    trial.mutable_record()->add_metrics(v1::METRIC_LOSS);
    trial.mutable_record()->add_metrics(v1::METRIC_ACCURACY);
    v1::TrialSpec scored = trial;
    scored.mutable_record()->add_metrics(v1::METRIC_TEST_LOSS);
    scored.mutable_record()->add_metrics(v1::METRIC_TEST_ERROR);
    const v1::DataSpec spec = Spec(kind.classes, kRows - 30, 0);
    Recorder a = RunAll(*PrepareProblem(spec, data), {scored});
    Recorder b = RunAll(*PrepareProblem(spec, turned), {scored});
    ExpectSameBits(WithoutScores(a.lanes[0]), WithoutScores(b.lanes[0]));
    for (const auto& [step, values] : a.lanes[0].points) {
      ExpectClose(values[2], b.lanes[0].points.at(step)[2], 1e-14);
      EXPECT_NEAR(values[3], b.lanes[0].points.at(step)[3], 1e-15);
    }
  }
}

TEST(HeldOutMetricsTest, ATrialWithoutThePartFailsAlone) {
  const auto problem = PrepareProblem(Spec(4, 9, 0), Samples(4));
  ASSERT_OK(problem);
  v1::TrialSpec test = Trial({4, 0}, 3);
  v1::TrialSpec validation = test;
  test.mutable_record()->add_metrics(v1::METRIC_TEST_LOSS);
  validation.mutable_record()->add_metrics(v1::METRIC_VALIDATION_ERROR);
  Recorder recorder = RunAll(*problem, {test, validation});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_EQ(recorder.result(1).outcome(), v1::TRIAL_STATE_FAILED);
  EXPECT_THAT(recorder.result(1).error(), HasSubstr("validation error"));
}

TEST(HeldOutMetricsTest, LabelsOfHeldOutRowsMustBeLabelsAsWell) {
  Dataset data = Samples(2);
  data.y.back() = 2;
  const auto problem = PrepareProblem(Spec(2, 3, 0), data);
  ASSERT_OK(problem);
  Recorder recorder = RunAll(*problem, {Trial({2, 0}, 3)});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_FAILED);
  EXPECT_THAT(recorder.result(0).error(), HasSubstr("test row 3 has 2"));
}

TEST(HeldOutMetricsTest, WhatDivergesIsStillMeasured) {
  for (const Kind& kind : kKinds) {
    const auto problem =
        PrepareProblem(Spec(kind.classes, 9, 7), Samples(kind.classes));
    ASSERT_OK(problem);
    v1::TrialSpec trial = WithScores(Trial(kind, 200));
    trial.mutable_optimizer()->set_learning_rate(1e60);
    Recorder recorder = RunAll(*problem, {trial});
    EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_DIVERGED);
    const std::vector<double>& end = recorder.lanes[0].points.rbegin()->second;
    EXPECT_FALSE(end[2] < 1e6) << end[2];
  }
}

TEST(HeldOutMetricsTest, CostAsMuchAsTheirRowsWhereTheyAreRecorded) {
  v1::TrialSpec trial = Trial({4, 0}, 100);
  trial.mutable_data()->mutable_test()->set_rows(1000);
  const DataShape shape = {.rows = 100, .columns = 50, .outputs = 4};
  const double none = LinearStepFlops(trial, shape);
  trial.mutable_record()->add_metrics(v1::METRIC_VALIDATION_LOSS);
  EXPECT_EQ(LinearStepFlops(trial, shape), none);
  trial.mutable_record()->add_metrics(v1::METRIC_TEST_LOSS);
  const double loss = LinearStepFlops(trial, shape);
  EXPECT_GT(loss, none + 1000 * 2 * 50 * 4);
  // Both come of one look.
  trial.mutable_record()->add_metrics(v1::METRIC_TEST_ERROR);
  EXPECT_EQ(LinearStepFlops(trial, shape), loss);
  trial.mutable_record()->set_points(10);
  EXPECT_LT(LinearStepFlops(trial, shape) - none, (loss - none) / 5);
}

TEST(HeldOutMetricsTest, AreTheSameAtStepsOfTheirOwn) {
  for (const Kind& kind : kKinds) {
    const auto problem =
        PrepareProblem(Spec(kind.classes, 9, 7), Samples(kind.classes));
    ASSERT_OK(problem);
    for (const int64_t batch : {0, 5}) {
      v1::TrialSpec trial = WithScores(Trial(kind, 30));
      trial.mutable_optimizer()->set_batch_size(batch);
      EXPECT_EQ(
          ExpectTheSameWhenEvaluatedApart(LinearEngine(), *problem, trial),
          v1::TRIAL_STATE_SUCCEEDED);
      trial.mutable_stop()->set_loss_below(
          RunAll(*problem, {trial}).lanes[0].points.at(15)[0] * (1 + 1e-9));
      EXPECT_EQ(
          ExpectTheSameWhenEvaluatedApart(LinearEngine(), *problem, trial),
          v1::TRIAL_STATE_STOPPED);
      trial.mutable_stop()->clear_loss_below();
      trial.mutable_optimizer()->set_learning_rate(1e60);
      EXPECT_EQ(
          ExpectTheSameWhenEvaluatedApart(LinearEngine(), *problem, trial),
          v1::TRIAL_STATE_DIVERGED);
    }
  }
}

TEST(HeldOutMetricsTest, MayBeAllThatIsMeasured) {
  const auto problem = PrepareProblem(Spec(4, 9, 7), Samples(4));
  ASSERT_OK(problem);
  v1::TrialSpec trial = Trial({4, 0}, 30);
  trial.mutable_record()->clear_metrics();
  trial.mutable_record()->add_metrics(v1::METRIC_TEST_LOSS);
  Recorder recorder = RunAll(*problem, {Evaluated(trial, 2)});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_EQ(recorder.lanes[0].points.size(), 0u);
  EXPECT_EQ(recorder.lanes[0].evaluations.size(), 3u);
}

TEST(HeldOutMetricsTest, CostWhatTheirOwnStepsCost) {
  v1::TrialSpec trial = Trial({4, 0}, 100);
  trial.mutable_data()->mutable_test()->set_rows(1000);
  const DataShape shape = {.rows = 100, .columns = 50, .outputs = 4};
  const double none = LinearStepFlops(trial, shape);
  trial.mutable_record()->add_metrics(v1::METRIC_TEST_LOSS);
  const double everywhere = LinearStepFlops(trial, shape);
  trial.mutable_record()->mutable_evaluate()->set_points(10);
  EXPECT_NEAR((LinearStepFlops(trial, shape) - none) / (everywhere - none), 0.1,
              1e-9);
}

}  // namespace
}  // namespace fathom::worker
