#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proto/sweep/normalize.h"
#include "tests/worker/engine/linear/trials.h"
#include "tests/worker/naive_net.h"
#include "tests/worker/reference_rule.h"
#include "worker/engine/linear/make_model.h"

// Every optimizer on a net, against the same rule on a naive net.
namespace fathom::worker {
namespace {

using test::NaiveNet;
using test::Recorder;
using test::ReferenceRule;
using test::RunAll;
using test::SmallProblem;
using test::SmallTrial;

struct Rule {
  v1::OptimizerName name;
  std::string text;
  double learning_rate;
};

class OptimizersTest : public ::testing::TestWithParam<Rule> {};

INSTANTIATE_TEST_SUITE_P(
    Rules, OptimizersTest,
    ::testing::Values(Rule{v1::OPTIMIZER_NAME_GD, "gd", 0.01},
                      Rule{v1::OPTIMIZER_NAME_MOMENTUM, "momentum", 0.002},
                      Rule{v1::OPTIMIZER_NAME_NESTEROV, "nesterov", 0.002},
                      Rule{v1::OPTIMIZER_NAME_ADAGRAD, "adagrad", 0.02},
                      Rule{v1::OPTIMIZER_NAME_ADADELTA, "adadelta", 1},
                      Rule{v1::OPTIMIZER_NAME_RMSPROP, "rmsprop", 5e-4},
                      Rule{v1::OPTIMIZER_NAME_ADAM, "adam", 5e-4}),
    [](const auto& test) { return test.param.text; });

v1::TrialSpec Trial(const Rule& rule, int depth, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(4, depth, rule.learning_rate, steps);
  trial.set_seed(5);
  trial.mutable_model()->set_hidden_width(3);
  trial.mutable_model()->mutable_init()->set_std(0.4);
  trial.mutable_optimizer()->set_name(rule.name);
  trial.mutable_optimizer()->set_weight_decay(0.01);
  trial.mutable_record()->add_metrics(v1::METRIC_GRADIENT_NORM);
  trial.mutable_record()->add_metrics(v1::METRIC_WEIGHT_NORM);
  FitToRule(&trial);
  return trial;
}

ReferenceRule Reference(const v1::OptimizerSpec& spec, const std::string& name,
                        size_t weights) {
  return ReferenceRule(name,
                       {.learning_rate = spec.learning_rate(),
                        .weight_decay = spec.weight_decay(),
                        .momentum = spec.momentum(),
                        .beta1 = spec.beta1(),
                        .beta2 = spec.beta2(),
                        .rho = spec.rho(),
                        .epsilon = spec.epsilon(),
                        .initial_accumulator = spec.initial_accumulator()},
                       weights);
}

TEST_P(OptimizersTest, NetOfDepthTwoFollowsTheNaiveOne) {
  constexpr double kTolerance = 1e-11;
  constexpr int64_t kSteps = 300;
  const Problem problem = SmallProblem(20, 6, 2);
  const v1::TrialSpec trial = Trial(GetParam(), 2, kSteps);
  Recorder recorder = RunAll(problem, {trial});
  ASSERT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_LT(recorder.result(0).final_loss(),
            0.9 * recorder.lanes[0].points.at(0)[0]);

  const auto model =
      MakeModel(trial.model(), trial.seed(), problem.outputs, problem.columns);
  NaiveNet<long double> net(dynamic_cast<const kernel::LinearNet&>(**model));
  const size_t sizes[] = {3 * 6, 2 * 3};
  ReferenceRule rule =
      Reference(trial.optimizer(), GetParam().text, sizes[0] + sizes[1]);
  for (int64_t step = 0; step <= kSteps; ++step) {
    std::vector<std::vector<long double>> gradient;
    const long double loss =
        net.Loss(problem.x, problem.y, 4, 0.25L, &gradient);
    std::vector<long double> g;
    std::vector<long double> w;
    long double square = 0;
    for (int j = 1; j <= 2; ++j) {
      for (size_t i = 0; i < sizes[j - 1]; ++i) {
        g.push_back(gradient[j - 1][i]);
        w.push_back(net.weight(j, static_cast<int64_t>(i)));
        square += g.back() * g.back();
      }
    }
    const std::vector<double>& point = recorder.lanes[0].points.at(step);
    const auto error = [](double value, long double want) {
      return static_cast<double>(value / want - 1);
    };
    ASSERT_NEAR(error(point[0], loss), 0, kTolerance) << step;
    ASSERT_NEAR(error(point[1], std::sqrt(square)), 0, kTolerance) << step;
    ASSERT_NEAR(error(point[2], net.EndToEndNorm()), 0, kTolerance) << step;
    rule.Step(g, w);
    for (int j = 1, at = 0; j <= 2; ++j) {
      for (size_t i = 0; i < sizes[j - 1]; ++i) {
        net.weight(j, static_cast<int64_t>(i)) = w[at++];
      }
    }
  }
}

TEST_P(OptimizersTest, LearnsAtEveryDepth) {
  const Problem problem = SmallProblem(20, 6, 1);
  for (const int depth : {1, 3}) {
    Recorder recorder = RunAll(problem, {Trial(GetParam(), depth, 1000)});
    ASSERT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
    EXPECT_LT(recorder.result(0).final_loss(),
              0.9 * recorder.lanes[0].points.at(0)[0]);
  }
}

}  // namespace
}  // namespace fathom::worker
