#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/batch_order.h"
#include "worker/kernel/pass/data_pass.h"

namespace fathom::worker {
namespace {

using test::ExpectSameBits;
using test::Recorder;
using test::RunAll;
using test::SmallProblem;
using test::SmallTrial;
using ::testing::SizeIs;

v1::TrialSpec BatchTrial(int64_t batch_size, uint64_t batch_seed, double p,
                         int depth, double learning_rate, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(p, depth, learning_rate, steps);
  trial.mutable_optimizer()->set_batch_size(batch_size);
  trial.mutable_optimizer()->set_batch_seed(batch_seed);
  return trial;
}

// One column of W on some data.
struct Evaluated {
  double error = 0;
  std::vector<double> gradient;
};

Evaluated Evaluate(const kernel::PackedData& data,
                   const std::vector<double>& weights, double p) {
  auto w = kernel::AllocateAligned(data.padded_columns());
  auto g = kernel::AllocateAligned(data.padded_columns());
  std::copy(weights.begin(), weights.end(), w.get());
  Evaluated result;
  const std::vector<kernel::Column> columns = {
      {w.get(), g.get(), &result.error, 0, {.p = p}}};
  kernel::DataPass(&data).Run(columns);
  result.gradient.assign(g.get(), g.get() + data.columns());
  return result;
}

TEST(BatchTest, GradientsOfARoundAverageToTheFullOne) {
  const Problem problem = SmallProblem(60, 7, 1);
  const std::vector<double> w = {1, -0.5, 0.25, 0, 2, -1, 0.5};
  for (const double p : {2.0, 3.7, 4.0}) {
    const Evaluated full = Evaluate(problem.Packed(), w, p);
    BatchOrder order(60, 12, v1::BATCH_ORDER_SHUFFLED, 9);
    auto batch = kernel::PackedData::Allocate(12, 7, 1);
    Evaluated mean = {0, std::vector<double>(7)};
    for (int b = 0; b < 5; ++b) {
      batch.Gather(order.Next(), problem.x, problem.y);
      const Evaluated part = Evaluate(batch, w, p);
      mean.error += part.error / 5;
      for (int j = 0; j < 7; ++j) mean.gradient[j] += part.gradient[j] / 5;
    }
    EXPECT_NEAR(mean.error, full.error, 1e-13 * full.error);
    for (int j = 0; j < 7; ++j) {
      EXPECT_NEAR(mean.gradient[j], full.gradient[j], 1e-13 * full.error);
    }
  }
}

TEST(BatchTest, GatheredRowsArePackedAsIfTheyWereAllThereIs) {
  const Problem problem = SmallProblem(500, 201, 2);
  const std::vector<double> w(201, 0.1);
  BatchOrder order(500, 203, v1::BATCH_ORDER_SHUFFLED, 1);
  auto batch = kernel::PackedData::Allocate(203, 201, 2);
  for (int b = 0; b < 3; ++b) {
    const std::span<const int32_t> next = order.Next();
    const std::vector<int32_t> chosen(next.begin(), next.end());
    std::vector<double> x, y;
    for (const int32_t i : chosen) {
      x.insert(x.end(), &problem.x[i * 201], &problem.x[i * 201] + 201);
      y.insert(y.end(), &problem.y[i * 2], &problem.y[i * 2] + 2);
    }
    batch.Gather(chosen, problem.x, problem.y);
    const Evaluated a = Evaluate(batch, w, 4);
    const Evaluated b2 =
        Evaluate(kernel::PackedData::Pack(203, 201, 2, x, y), w, 4);
    EXPECT_EQ(a.error, b2.error);
    EXPECT_EQ(a.gradient, b2.gradient);
  }
}

TEST(MinibatchTest, UpdatesFollowTheBatchAndReportsAllData) {
  const Problem problem = SmallProblem(40, 6, 1);
  v1::TrialSpec trial = BatchTrial(9, 4, 2, 1, 0.05, 30);
  trial.mutable_model()->mutable_init()->set_std(0);
  Recorder recorder = RunAll(problem, {trial});
  BatchOrder order(40, 9, v1::BATCH_ORDER_SHUFFLED, 4);
  std::vector<long double> w(6);
  for (int64_t step = 0; step <= 30; ++step) {
    const auto residual = [&](int64_t i) {
      long double r = -problem.y[i];
      for (int j = 0; j < 6; ++j) r += w[j] * problem.x[i * 6 + j];
      return r;
    };
    long double loss = 0;
    for (int64_t i = 0; i < 40; ++i) loss += residual(i) * residual(i) / 80;
    EXPECT_NEAR(recorder.lanes[0].points.at(step)[0] / loss, 1, 1e-12) << step;
    std::vector<long double> gradient(6);
    for (const int32_t i : order.Next()) {
      const long double r = residual(i);
      for (int j = 0; j < 6; ++j) gradient[j] += r * problem.x[i * 6 + j] / 9;
    }
    for (int j = 0; j < 6; ++j) w[j] -= 0.05L * gradient[j];
  }
}

TEST(MinibatchTest, BatchOfAllSamplesIsFullBatchTrainingToTheBit) {
  const Problem problem = SmallProblem(40, 6, 2);
  const v1::TrialSpec full = SmallTrial(4, 2, 0.05, 30);
  for (const int64_t size : {40, 41, 1000}) {
    v1::TrialSpec trial = BatchTrial(size, 3, 4, 2, 0.05, 30);
    Recorder recorder = RunAll(problem, {full, trial});
    ExpectSameBits(recorder.lanes[0], recorder.lanes[1]);
  }
}

TEST(MinibatchTest, BitsOfALaneDoNotDependOnItsNeighbours) {
  for (const int outputs : {1, 3}) {
    const Problem problem = SmallProblem(50, 9, outputs);
    std::vector<v1::TrialSpec> trials;
    for (const int64_t size : {0, 7, 7, 16}) {
      for (const double p : {2.0, 3.7, 4.0}) {
        for (const double rate : {1e-3, 1e-2, 3.0}) {  // The last one diverges.
          const auto i = static_cast<int64_t>(trials.size());
          trials.push_back(
              BatchTrial(size, i % 2, p, 1 + i % 3, rate, 20 + i % 7));
          trials.back().set_seed(i);
          trials.back().mutable_record()->set_points(7);
          for (const v1::Metric metric :
               {v1::METRIC_GRADIENT_NORM, v1::METRIC_E2E_DEVIATION}) {
            trials.back().mutable_record()->add_metrics(metric);
          }
        }
      }
    }
    const int count = static_cast<int>(trials.size());
    Recorder together = RunAll(problem, trials);
    std::reverse(trials.begin(), trials.end());
    Recorder reversed = RunAll(problem, trials);
    std::reverse(trials.begin(), trials.end());
    std::vector<int> outcomes(v1::TrialState_ARRAYSIZE);
    for (int i = 0; i < count; ++i) {
      Recorder alone = RunAll(problem, {trials[i]});
      ExpectSameBits(together.lanes[i], alone.lanes[0]);
      ExpectSameBits(together.lanes[i], reversed.lanes[count - 1 - i]);
      ++outcomes[alone.result(0).outcome()];
    }
    EXPECT_GT(outcomes[v1::TRIAL_STATE_SUCCEEDED], 5);
    EXPECT_GT(outcomes[v1::TRIAL_STATE_DIVERGED], 5);
  }
}

TEST(MinibatchTest, WhatIsMeasuredChangesNothing) {
  const Problem problem = SmallProblem(50, 9, 1);
  v1::TrialSpec plain = BatchTrial(8, 0, 4, 3, 0.02, 40);
  v1::TrialSpec watched = plain;
  plain.mutable_record()->set_points(2);
  for (const v1::Metric metric :
       {v1::METRIC_GRADIENT_NORM, v1::METRIC_E2E_DEVIATION,
        v1::METRIC_AZIMUTH_SHARE, v1::METRIC_BALANCEDNESS}) {
    watched.mutable_record()->add_metrics(metric);
  }
  Recorder recorder = RunAll(problem, {plain, watched});
  EXPECT_THAT(recorder.lanes[0].points, SizeIs(2));
  EXPECT_EQ(recorder.result(0).final_loss(), recorder.result(1).final_loss());
}

TEST(MinibatchTest, ShadowOfTheRuleTakesTheSameBatches) {
  const Problem problem = SmallProblem(50, 9, 2);
  v1::TrialSpec direct = BatchTrial(8, 0, 4, 1, 0.02, 40);
  v1::TrialSpec deep = BatchTrial(8, 0, 4, 2, 1e-4, 40);
  deep.mutable_model()->mutable_init()->set_scheme(v1::INIT_SCHEME_BALANCED);
  deep.mutable_model()->mutable_init()->set_norm(0.5);
  for (v1::TrialSpec* trial : {&direct, &deep}) {
    trial->mutable_record()->add_metrics(v1::METRIC_E2E_DEVIATION);
  }
  Recorder recorder = RunAll(problem, {direct, deep});
  for (const auto& [step, values] : recorder.lanes[0].points) {
    EXPECT_EQ(values[1], 0) << step;
  }
  for (const auto& [step, values] : recorder.lanes[1].points) {
    EXPECT_LT(values[1], 1e-5) << step;
  }
}

TEST(MinibatchTest, DivergenceOfABatchEndsTheTrialAndIsRecorded) {
  const Problem problem = SmallProblem(30, 5, 1);
  v1::TrialSpec trial = BatchTrial(4, 0, 4, 2, 5.0, 1000);
  trial.mutable_record()->set_points(2);
  Recorder recorder = RunAll(problem, {trial});
  const v1::TrialResult& result = recorder.result(0);
  EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_LT(result.steps(), 100);
  EXPECT_GT(result.steps(), 0);
  EXPECT_EQ(recorder.lanes[0].points.rbegin()->first, result.steps());
  EXPECT_LE(result.best_loss(), recorder.lanes[0].points.at(0)[0]);
}

// What is recorded is the gradient of the loss of all data, not of the batch
// that the step is taken along.
TEST(MinibatchTest, TheGradientNormIsThatOfAllData) {
  for (const int outputs : {1, 3}) {
    const Problem problem = SmallProblem(30, 5, outputs);
    v1::TrialSpec full = SmallTrial(4, 2, 0.01, 1);
    v1::TrialSpec batch = BatchTrial(4, 0, 4, 2, 0.01, 1);
    full.mutable_record()->add_metrics(v1::METRIC_GRADIENT_NORM);
    batch.mutable_record()->add_metrics(v1::METRIC_GRADIENT_NORM);
    Recorder recorder = RunAll(problem, {full, batch});
    const double norm = recorder.lanes[0].points.at(0)[1];
    EXPECT_GT(norm, 0);
    EXPECT_NEAR(recorder.lanes[1].points.at(0)[1] / norm, 1, 1e-12);
  }
}

// One sample out of four is so far away that its batch alone exceeds the bound
// that the loss of all data stays below.
TEST(MinibatchTest, TheLossOfABatchAloneDivergesATrial) {
  Dataset dataset{.rows = 4, .columns = 1, .targets = 1};
  dataset.x = {1, -1, 1, -1};
  dataset.y = {1, -1, 1, 100};
  const Problem problem = *PrepareProblem(v1::DataSpec(), dataset);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    v1::TrialSpec trial = BatchTrial(1, seed, 2, 1, 1e-12, 10);
    trial.mutable_model()->mutable_init()->set_std(0);
    trial.mutable_stop()->set_diverge_factor(2);
    trial.mutable_record()->set_points(2);
    Recorder recorder = RunAll(problem, {trial});
    BatchOrder order(4, 1, v1::BATCH_ORDER_SHUFFLED, seed);
    int64_t far = 0;
    while (order.Next()[0] != 3) ++far;
    const v1::TrialResult& result = recorder.result(0);
    EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_DIVERGED) << seed;
    EXPECT_EQ(result.steps(), far) << seed;
    // Of all data, it has hardly moved.
    const double start = recorder.lanes[0].points.at(0)[0];
    EXPECT_NEAR(result.final_loss() / start, 1, 1e-9);
  }
}

TEST(MinibatchTest, StopRuleLooksAtRecordedSteps) {
  const Problem problem = SmallProblem(30, 5, 1);
  v1::TrialSpec trial = BatchTrial(10, 0, 2, 1, 0.1, 200);
  Recorder whole = RunAll(problem, {trial});
  const double bound = whole.lanes[0].points.at(30)[0];
  trial.mutable_stop()->set_loss_below(bound * 1.0000001);
  trial.mutable_record()->set_points(21);
  Recorder recorder = RunAll(problem, {trial});
  const v1::TrialResult& result = recorder.result(0);
  EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_STOPPED);
  EXPECT_EQ(result.steps() % 10, 0);
  EXPECT_LE(result.steps(), 30);
  EXPECT_LT(result.final_loss(), bound * 1.0000001);
}

}  // namespace
}  // namespace fathom::worker
