#include "worker/engine/linear/warm_up_trace.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/optimizers/optimizers.h"

namespace fathom::worker {
namespace {

using test::Recorder;
using test::RunAll;
using test::SmallProblem;
using test::SmallTrial;

double FrobeniusNorm(const std::vector<double>& a) {
  return kernel::Norm(a.data(), static_cast<int64_t>(a.size()));
}

// (w - eta omega G)(omega - eta <G, w>) leaves eta^2 omega <G, w> G beside the
// prediction, and nothing else.
TEST(WarmUpTraceTest, ResidualIsTheTermThatThePredictionDrops) {
  constexpr double kRate = 0.05;
  for (const int64_t k : {1, 3}) {
    constexpr int64_t kColumns = 4;
    const int64_t size = k * kColumns;
    kernel::ScalarProduct product(k, kColumns);
    kernel::InitializeGaussian(7, 0.5, product);
    WarmUpTrace trace(kRate, &product, k, kColumns);
    kernel::GradientDescent descent(kRate, 0);
    const std::vector<double> goal = kernel::DrawEndToEnd(3, k, kColumns, 2);
    std::vector<double> w(size), g(size), before(size);
    double expected = 0;
    double growth = 0;
    for (int step = 0; step < 40; ++step) {
      product.WriteEndToEnd({w.data(), k, kColumns, kColumns});
      for (int64_t i = 0; i < size; ++i) g[i] = w[i] - goal[i];
      trace.Observe({w.data(), k, kColumns, kColumns},
                    {g.data(), k, kColumns, kColumns});

      const double omega = product.scalar();
      const double along = kernel::Dot(g.data(), product.matrix().data, size);
      EXPECT_EQ(trace.rho(), kRate * (omega * omega));
      EXPECT_NEAR(trace.gamma(), kRate * along / omega, 1e-15);
      EXPECT_NEAR(trace.growth(), growth, 1e-13);
      if (step == 0) {
        EXPECT_EQ(trace.residual(), 0);
      } else {
        for (int64_t i = 0; i < size; ++i) before[i] = w[i] - before[i];
        EXPECT_NEAR(trace.residual() * FrobeniusNorm(before), expected,
                    1e-15 * FrobeniusNorm(w));
        EXPECT_GT(trace.residual(), 0);
      }
      expected = kRate * kRate * std::fabs(omega * along) * FrobeniusNorm(g);
      growth += std::log(std::fabs(1 - kRate * along / omega));
      before = w;
      product.PullBack({g.data(), k, kColumns, kColumns});
      product.Update(descent);
    }
  }
}

v1::TrialSpec WarmUpTrial(double rate, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(4, 1, rate, steps);
  trial.mutable_model()->set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
  trial.mutable_record()->clear_metrics();
  for (const v1::Metric metric :
       {v1::METRIC_WARMUP_RHO, v1::METRIC_WARMUP_GAMMA,
        v1::METRIC_WARMUP_GROWTH, v1::METRIC_WARMUP_RESIDUAL}) {
    trial.mutable_record()->add_metrics(metric);
  }
  return trial;
}

TEST(WarmUpTraceTest, GrowthOfALaneIsTheSumOfItsGammas) {
  const Problem problem = SmallProblem(40, 6, 2);
  Recorder recorder = RunAll(problem, {WarmUpTrial(0.02, 200)});
  double growth = 0;
  int64_t next = 0;
  for (const auto& [step, values] : recorder.lanes[0].points) {
    EXPECT_EQ(step, next++);
    EXPECT_NEAR(values[2], growth, 1e-12);
    growth += std::log(std::fabs(1 - values[1]));
  }
  EXPECT_EQ(next, 201);
}

// The dropped term is eta^2 in an update of order eta.
TEST(WarmUpTraceTest, ResidualHalvesWithTheLearningRate) {
  const Problem problem = SmallProblem(40, 6, 2);
  Recorder recorder =
      RunAll(problem, {WarmUpTrial(0.002, 100), WarmUpTrial(0.001, 200)});
  const double coarse = recorder.lanes[0].points.at(100)[3];
  const double fine = recorder.lanes[1].points.at(200)[3];
  EXPECT_NEAR(coarse / fine, 2, 0.05);
}

TEST(WarmUpTraceTest, FewerPointsHaveTheSameValues) {
  const Problem problem = SmallProblem(40, 6, 1);
  v1::TrialSpec sparse = WarmUpTrial(0.02, 200);
  sparse.mutable_record()->set_points(3);
  Recorder recorder = RunAll(problem, {WarmUpTrial(0.02, 200), sparse});
  EXPECT_EQ(recorder.lanes[1].points.size(), 3);
  for (const auto& [step, values] : recorder.lanes[1].points) {
    EXPECT_EQ(values, recorder.lanes[0].points.at(step));
  }
}

TEST(WarmUpTraceTest, DirectModelHasItsRateAndNothingElse) {
  v1::TrialSpec trial = WarmUpTrial(0.02, 50);
  trial.mutable_model()->set_family(v1::MODEL_FAMILY_LINEAR_NET);
  Recorder recorder = RunAll(SmallProblem(40, 6, 2), {trial});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
  for (const auto& [step, values] : recorder.lanes[0].points) {
    EXPECT_EQ(values[0], 0.02);
    EXPECT_EQ(values[1], 0);
    EXPECT_EQ(values[2], 0);
    EXPECT_LT(values[3], 1e-12);
  }
}

TEST(WarmUpTraceTest, OtherFamiliesHaveNoWarmUp) {
  v1::TrialSpec trial = WarmUpTrial(0.02, 10);
  trial.mutable_model()->set_family(v1::MODEL_FAMILY_LINEAR_NET);
  trial.mutable_model()->set_depth(2);
  Recorder recorder = RunAll(SmallProblem(40, 6, 1), {trial});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_FAILED);
}

}  // namespace
}  // namespace fathom::worker
