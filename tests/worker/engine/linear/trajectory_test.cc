#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "tests/worker/naive_net.h"
#include "worker/engine/linear/make_model.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/pass/data_pass.h"

// Whole trajectories against independent ways to compute them.
namespace fathom::worker {
namespace {

using test::NaiveNet;
using test::Recorder;
using test::RunAll;
using test::SmallProblem;
using test::SmallTrial;

struct Shape {
  int depth;
  int width;
  int outputs;
};

class TrajectoryTest : public ::testing::TestWithParam<Shape> {};

INSTANTIATE_TEST_SUITE_P(Shapes, TrajectoryTest,
                         ::testing::Values(Shape{1, 0, 1}, Shape{1, 0, 3},
                                           Shape{2, 1, 1}, Shape{2, 7, 1},
                                           Shape{2, 64, 1}, Shape{2, 1, 3},
                                           Shape{2, 7, 3}, Shape{2, 64, 3},
                                           Shape{3, 1, 1}, Shape{3, 7, 1},
                                           Shape{3, 64, 1}, Shape{3, 1, 3},
                                           Shape{3, 7, 3}, Shape{3, 64, 3}),
                         [](const auto& test) {
                           return "Depth" + std::to_string(test.param.depth) +
                                  "Width" + std::to_string(test.param.width) +
                                  "Outputs" +
                                  std::to_string(test.param.outputs);
                         });

// Rounding differs, and stable training does not blow it up.
TEST_P(TrajectoryTest, IsThatOfTheNaiveLayerByLayerNet) {
  constexpr double kTolerance = 1e-9;
  const auto [depth, width, outputs] = GetParam();
  const Problem problem = SmallProblem(20, 6, outputs);
  v1::TrialSpec trial = SmallTrial(4, depth, 0.01, 1000);
  trial.set_seed(5);
  trial.mutable_model()->set_hidden_width(width);
  trial.mutable_model()->mutable_init()->set_std(width < 64 ? 0.4 : 0.1);
  trial.mutable_optimizer()->set_weight_decay(0.01);
  trial.mutable_record()->set_points(21);
  trial.mutable_record()->add_metrics(v1::METRIC_GRADIENT_NORM);
  trial.mutable_record()->add_metrics(v1::METRIC_WEIGHT_NORM);
  Recorder recorder = RunAll(problem, {trial});
  ASSERT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_LT(recorder.result(0).final_loss(),
            0.9 * recorder.lanes[0].points.at(0)[0]);

  const auto model =
      MakeModel(trial.model(), trial.seed(), problem.outputs, problem.columns);
  NaiveNet<double> reference(dynamic_cast<const kernel::LinearNet&>(**model));
  std::vector<std::vector<double>> gradient;
  for (int64_t step = 0; step <= 1000; ++step) {
    const double loss =
        reference.Loss(problem.x, problem.y, 4, 0.25, &gradient);
    const auto point = recorder.lanes[0].points.find(step);
    if (point != recorder.lanes[0].points.end()) {
      double square = 0;
      for (const auto& layer : gradient) {
        for (const double entry : layer) square += entry * entry;
      }
      const double gradient_norm = std::sqrt(square);
      const double weight_norm = reference.EndToEndNorm();
      EXPECT_NEAR(point->second[0] / loss, 1, kTolerance) << step;
      EXPECT_NEAR(point->second[1] / gradient_norm, 1, kTolerance) << step;
      EXPECT_NEAR(point->second[2] / weight_norm, 1, kTolerance) << step;
    }
    reference.Descend(gradient, 0.01, 0.01);
  }
}

TEST(DepthOneTest, IsPlainGradientDescentToTheLastBit) {
  const Problem problem = SmallProblem(40, 11, 1);
  v1::TrialSpec trial = SmallTrial(4, 1, 0.02, 300);
  Recorder recorder = RunAll(problem, {trial});

  kernel::LinearNet start({11, 1});
  kernel::InitializeGaussian(trial.seed(), 0.3, start);
  auto w = kernel::AllocateAligned(problem.Packed().padded_columns());
  auto g = kernel::AllocateAligned(problem.Packed().padded_columns());
  for (int64_t i = 0; i < 11; ++i) w[i] = start.factor(1).data[i];
  double error = 0;
  kernel::DataPass pass(&problem.Packed());
  const std::vector<kernel::Column> columns = {
      {w.get(), g.get(), &error, 0, {.p = 4}}};
  for (int64_t step = 0; step <= 300; ++step) {
    pass.Run(columns);
    ASSERT_EQ(recorder.lanes[0].points.at(step)[0], 0.25 * error) << step;
    for (int64_t i = 0; i < 11; ++i) w[i] = std::fma(-0.02, g[i], w[i]);
  }
}

TEST(WidthTest, NetsOfWidthOneAndSixtyFourFollowTheSameEndToEndMatrix) {
  const Problem problem = SmallProblem(40, 6, 1);
  for (const int depth : {2, 3}) {
    std::vector<v1::TrialSpec> trials;
    for (const int width : {1, 64}) {
      v1::TrialSpec trial = SmallTrial(4, depth, 0.05, 1000);
      trial.mutable_model()->set_hidden_width(width);
      trial.mutable_model()->mutable_init()->set_scheme(
          v1::INIT_SCHEME_BALANCED);
      trial.mutable_model()->mutable_init()->set_norm(0.1);
      trial.mutable_record()->add_metrics(v1::METRIC_WEIGHT_NORM);
      trials.push_back(trial);
    }
    Recorder recorder = RunAll(problem, trials);
    EXPECT_LT(recorder.result(0).final_loss(),
              0.5 * recorder.lanes[0].points.at(0)[0]);
    for (const auto& [step, values] : recorder.lanes[0].points) {
      const auto& other = recorder.lanes[1].points.at(step);
      EXPECT_NEAR(values[0] / other[0], 1, 1e-11) << step;
      EXPECT_NEAR(values[1] / other[1], 1, 1e-11) << step;
    }
  }
}

TEST(StartTest, BalancedStartIsTheSameMapAtEveryDepthAndWidth) {
  const Problem problem = SmallProblem(40, 6, 2);
  std::vector<v1::TrialSpec> trials;
  for (const int depth : {1, 2, 5}) {
    for (const int width : {0, 2, 9}) {
      v1::TrialSpec trial = SmallTrial(2, depth, 0.05, 1);
      trial.mutable_model()->set_hidden_width(width);
      trial.mutable_model()->mutable_init()->set_scheme(
          v1::INIT_SCHEME_BALANCED);
      trial.mutable_model()->mutable_init()->set_norm(0.7);
      trials.push_back(trial);
    }
  }
  Recorder recorder = RunAll(problem, trials);
  for (const auto& [index, lane] : recorder.lanes) {
    EXPECT_NEAR(lane.points.at(0)[0], recorder.lanes[0].points.at(0)[0], 1e-14);
  }
}

}  // namespace
}  // namespace fathom::worker
