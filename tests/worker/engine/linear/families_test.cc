#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"

// The model families against each other, and what is measured of them.
namespace fathom::worker {
namespace {

using test::ExpectSameBits;
using test::Recorder;
using test::RunAll;
using test::SmallProblem;
using test::SmallTrial;

v1::TrialSpec Balanced(int depth, double norm, double rate, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(4, depth, rate, steps);
  trial.mutable_model()->mutable_init()->set_scheme(v1::INIT_SCHEME_BALANCED);
  trial.mutable_model()->mutable_init()->set_norm(norm);
  return trial;
}

// The same trial under the end-to-end rule.
v1::TrialSpec RuleOf(v1::TrialSpec trial, double order) {
  trial.mutable_model()->set_family(v1::MODEL_FAMILY_END_TO_END);
  trial.mutable_model()->set_order(order);
  return trial;
}

v1::TrialSpec Measure(v1::TrialSpec trial,
                      const std::vector<v1::Metric>& metrics) {
  trial.mutable_record()->clear_metrics();
  for (const v1::Metric metric : metrics) {
    trial.mutable_record()->add_metrics(metric);
  }
  return trial;
}

// Those that every trial has.
std::vector<v1::Metric> AllMetrics() {
  std::vector<v1::Metric> metrics;
  for (int m = 1; m < v1::METRIC_EXCESS_LOSS; ++m) {
    if (v1::Metric_IsValid(m)) metrics.push_back(static_cast<v1::Metric>(m));
  }
  return metrics;
}

// Theorem 1: gradient descent on a balanced net follows the rule up to terms of
// order eta^2 a step, hence eta over a fixed time; weight decay included.
TEST(EndToEndTest, DeviationOfABalancedNetHalvesWithTheStepSize) {
  for (const int outputs : {1, 3}) {
    const Problem problem = SmallProblem(40, 6, outputs);
    for (const int depth : {2, 3}) {
      std::vector<double> deviations;
      for (const int halvings : {0, 1, 2, 3}) {
        v1::TrialSpec trial = Measure(
            Balanced(depth, 0.3, 0.01 / (1 << halvings), 400 << halvings),
            {v1::METRIC_LOSS, v1::METRIC_E2E_DEVIATION});
        trial.mutable_optimizer()->set_weight_decay(0.05);
        trial.mutable_record()->set_points(2);
        Recorder recorder = RunAll(problem, {trial});
        const auto& points = recorder.lanes[0].points;
        EXPECT_LT(points.at(0)[1], 1e-15);
        EXPECT_LT(points.rbegin()->second[0], 0.9 * points.at(0)[0]);
        deviations.push_back(points.rbegin()->second[1]);
      }
      EXPECT_LT(deviations[0], 0.05);
      for (size_t i = 0; i + 1 < deviations.size(); ++i) {
        EXPECT_NEAR(deviations[i] / deviations[i + 1], 2, 0.1)
            << outputs << " outputs, depth " << depth;
      }
    }
  }
}

TEST(EndToEndTest, DeviationDoesNotDependOnTheWidth) {
  const Problem problem = SmallProblem(40, 6, 2);
  std::vector<v1::TrialSpec> trials;
  for (const int width : {2, 5, 64}) {
    trials.push_back(
        Measure(Balanced(3, 0.3, 0.02, 300), {v1::METRIC_E2E_DEVIATION}));
    trials.back().mutable_model()->set_hidden_width(width);
  }
  Recorder recorder = RunAll(problem, trials);
  EXPECT_GT(recorder.lanes[0].points.at(300)[0], 1e-4);
  for (const auto& [step, values] : recorder.lanes[0].points) {
    for (const int lane : {1, 2}) {
      EXPECT_NEAR(recorder.lanes[lane].points.at(step)[0], values[0], 1e-11);
    }
  }
}

TEST(EndToEndTest, RuleDoesNotDeviateFromItselfAndUnsetOrderIsTheDepth) {
  const Problem problem = SmallProblem(40, 6, 2);
  v1::TrialSpec rule = Measure(RuleOf(Balanced(1, 0.3, 0.02, 100), 3),
                               {v1::METRIC_LOSS, v1::METRIC_E2E_DEVIATION});
  rule.mutable_optimizer()->set_weight_decay(0.1);
  rule.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  v1::TrialSpec by_depth = rule;
  by_depth.mutable_model()->clear_order();
  by_depth.mutable_model()->set_depth(3);
  Recorder recorder = RunAll(problem, {rule, by_depth});
  for (const auto& [step, values] : recorder.lanes[0].points) {
    EXPECT_EQ(values[1], 0) << step;
  }
  ExpectSameBits(recorder.lanes[0], recorder.lanes[1]);
}

TEST(EndToEndTest, OrderOneIsTheDirectModelToTheLastBit) {
  const Problem problem = SmallProblem(40, 6, 3);
  for (const v1::InitScheme scheme :
       {v1::INIT_SCHEME_GAUSSIAN, v1::INIT_SCHEME_BALANCED,
        v1::INIT_SCHEME_IDENTITY}) {
    v1::TrialSpec direct = Measure(SmallTrial(4, 1, 0.02, 100), AllMetrics());
    direct.mutable_model()->mutable_init()->set_scheme(scheme);
    direct.mutable_optimizer()->set_weight_decay(0.1);
    Recorder recorder = RunAll(problem, {direct, RuleOf(direct, 1)});
    ExpectSameBits(recorder.lanes[0], recorder.lanes[1]);
  }
}

TEST(EndToEndTest, ZeroStartStaysWhereItIsAboveOrderOne) {
  const Problem problem = SmallProblem(40, 6, 2);
  v1::TrialSpec trial = Measure(Balanced(1, 0, 0.02, 20), AllMetrics());
  Recorder recorder = RunAll(problem, {RuleOf(trial, 1.5), RuleOf(trial, 1)});
  const auto& stuck = recorder.lanes[0].points;
  EXPECT_EQ(stuck.at(0)[0], stuck.at(20)[0]);
  const auto& moved = recorder.lanes[1].points;
  EXPECT_LT(moved.at(20)[0], moved.at(0)[0]);
}

TEST(ScalarProductTest, IsTheNetOfDepthTwoAndWidthOneForOneOutput) {
  const Problem problem = SmallProblem(40, 6, 1);
  for (const v1::InitScheme scheme :
       {v1::INIT_SCHEME_GAUSSIAN, v1::INIT_SCHEME_IDENTITY}) {
    v1::TrialSpec net = Measure(SmallTrial(4, 2, 0.02, 200), AllMetrics());
    net.mutable_model()->set_hidden_width(1);
    net.mutable_model()->mutable_init()->set_scheme(scheme);
    net.mutable_optimizer()->set_weight_decay(0.1);
    v1::TrialSpec product = net;
    product.mutable_model()->set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
    product.mutable_model()->set_depth(1);
    product.mutable_model()->set_hidden_width(0);
    Recorder recorder = RunAll(problem, {net, product});
    ExpectSameBits(recorder.lanes[0], recorder.lanes[1]);
    EXPECT_LT(recorder.lanes[1].points.at(200)[0],
              recorder.lanes[1].points.at(0)[0]);
  }
}

// In the first order of eta, W moves by -eta (omega^2 G + <G, w> w): of several
// outputs, too. Halving eta must halve the drift of what the flow conserves.
TEST(ScalarProductTest, BalancedStartHasTheMapOfTheNetAndStaysBalanced) {
  for (const int outputs : {1, 3}) {
    const Problem problem = SmallProblem(40, 6, outputs);
    std::vector<double> drifts;
    for (const int halvings : {0, 1, 2}) {
      v1::TrialSpec net = Measure(
          Balanced(2, 0.3, 0.01 / (1 << halvings), 200 << halvings),
          {v1::METRIC_LOSS, v1::METRIC_BALANCEDNESS, v1::METRIC_WEIGHT_NORM});
      v1::TrialSpec product = net;
      product.mutable_model()->set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
      product.mutable_model()->set_depth(1);
      Recorder recorder = RunAll(problem, {net, product});
      const auto& points = recorder.lanes[1].points;
      EXPECT_NEAR(points.at(0)[0], recorder.lanes[0].points.at(0)[0], 1e-14);
      EXPECT_NEAR(points.at(0)[2], 0.3, 1e-15);
      EXPECT_LT(points.at(0)[1], 1e-15);
      EXPECT_LT(points.rbegin()->second[0], points.at(0)[0]);
      drifts.push_back(points.rbegin()->second[1]);
    }
    EXPECT_NEAR(drifts[0] / drifts[1], 2, 0.1);
    EXPECT_NEAR(drifts[1] / drifts[2], 2, 0.1);
  }
}

TEST(MetricTest, OneOutputHasOneSingularValueAndItsPreconditioner) {
  const Problem problem = SmallProblem(40, 6, 1);
  for (const double order : {1.0, 1.5, 2.0, 3.0, 4.7}) {
    const v1::TrialSpec trial = Measure(
        RuleOf(Balanced(1, 0.3, 0.01, 50), order),
        {v1::METRIC_WEIGHT_NORM, v1::METRIC_SINGULAR_MAX,
         v1::METRIC_SINGULAR_MIN, v1::METRIC_EFFECTIVE_RANK,
         v1::METRIC_ADAPTIVE_RATE, v1::METRIC_PRECONDITION_MAX,
         v1::METRIC_PRECONDITION_MIN, v1::METRIC_PRECONDITION_CONDITION});
    Recorder recorder = RunAll(problem, {trial});
    for (const auto& [step, v] : recorder.lanes[0].points) {
      const double rate = std::pow(v[0], 2 - 2 / order);
      const double expected[] = {v[0], v[0],         v[0], 1,
                                 rate, order * rate, rate, order};
      for (size_t i = 0; i < std::size(expected); ++i) {
        // Order 1 has no preconditioner.
        const double value = order == 1 && i > 4 ? 1 : expected[i];
        EXPECT_NEAR(v[i] / value, 1, 1e-13) << "value " << i;
      }
    }
  }
}

TEST(MetricTest, KnownSpectraHaveKnownRanksAndPreconditioners) {
  const std::vector<v1::Metric> metrics = {
      v1::METRIC_SINGULAR_MAX,     v1::METRIC_SINGULAR_MIN,
      v1::METRIC_EFFECTIVE_RANK,   v1::METRIC_PRECONDITION_MAX,
      v1::METRIC_PRECONDITION_MIN, v1::METRIC_PRECONDITION_CONDITION,
      v1::METRIC_ADAPTIVE_RATE};
  struct Case {
    double a, b;
    std::vector<double> expected;  // For order 3.
  };
  const double third = std::pow(0.5, 4.0 / 3);
  const double rank =
      std::exp(-(2.0 / 3) * std::log(2.0 / 3) - std::log(1.0 / 3) / 3);
  const Case cases[] = {
      {1, 1, {1, 1, 2, 3, 3, 1, std::pow(2.0, 2.0 / 3)}},
      {1,
       0.5,
       {1, 0.5, rank, 3, 3 * third, 1 / third, std::pow(1.25, 2.0 / 3)}},
      {-1, 0, {1, 0, 1, 3, 0, INFINITY, 1}},
      {0, 0, {0, 0, 0, 0, 0, INFINITY, 0}},
  };
  for (const Case& c : cases) {
    v1::TrialSpec trial = Measure(RuleOf(Balanced(1, 1, 0.01, 1), 3), metrics);
    v1::InitSpec& init = *trial.mutable_model()->mutable_init();
    for (const double entry : {c.a, 0.0, 0.0, c.b}) init.add_end_to_end(entry);
    Recorder recorder = RunAll(SmallProblem(20, 2, 2), {trial});
    const std::vector<double>& found = recorder.lanes[0].points.at(0);
    for (size_t i = 0; i < found.size(); ++i) {
      EXPECT_NEAR(std::isinf(c.expected[i]) ? 1 / found[i] : found[i],
                  std::isinf(c.expected[i]) ? 0 : c.expected[i], 1e-14)
          << c.a << ", " << c.b << ", value " << i;
    }
  }
}

// Claim 2: order N stretches the part along W by N and leaves the rest.
TEST(MetricTest, AzimuthShareGrowsAsTheClosedFormSays) {
  const Problem problem = SmallProblem(40, 6, 1);
  std::vector<v1::TrialSpec> trials;
  const std::vector<double> orders = {1, 1.5, 2, 3, 8};
  for (const double order : orders) {
    trials.push_back(Measure(RuleOf(Balanced(1, 0.3, 1e-3, 2), order),
                             {v1::METRIC_AZIMUTH_SHARE}));
  }
  Recorder recorder = RunAll(problem, trials);
  const double share = recorder.lanes[0].points.at(1)[0];
  EXPECT_GT(share, 0.001);
  EXPECT_LT(share, 0.999);
  for (size_t i = 0; i < orders.size(); ++i) {
    const auto& points = recorder.lanes[static_cast<int>(i)].points;
    EXPECT_EQ(points.at(0)[0], 0);
    const double along = orders[i] * orders[i] * share;
    EXPECT_NEAR(points.at(1)[0], along / (along + 1 - share), 1e-10);
  }
}

// The share is of the whole matrix: for the update W1 - W0 of plain gradient
// descent, <W0, W1 - W0>^2 / (|W0|^2 |W1 - W0|^2), all outputs together.
TEST(MetricTest, AzimuthShareOfSeveralOutputsIsThatOfTheWholeMatrix) {
  constexpr int kOutputs = 3, kColumns = 6;
  const Problem problem = SmallProblem(40, kColumns, kOutputs);
  v1::TrialSpec trial =
      Measure(RuleOf(Balanced(1, 0.3, 1e-3, 2), 1), {v1::METRIC_AZIMUTH_SHARE});
  v1::InitSpec& init = *trial.mutable_model()->mutable_init();
  std::vector<long double> w;
  for (int i = 0; i < kOutputs * kColumns; ++i) {
    w.push_back(0.1 * (i % 7) - 0.25 * (i % 3));
    init.add_end_to_end(static_cast<double>(w.back()));
  }
  trial.mutable_loss()->set_lp(2);
  Recorder recorder = RunAll(problem, {trial});
  std::vector<long double> gradient(w.size());
  for (int64_t i = 0; i < problem.rows; ++i) {
    for (int o = 0; o < kOutputs; ++o) {
      long double r = -problem.y[i * kOutputs + o];
      for (int j = 0; j < kColumns; ++j) {
        r += w[o * kColumns + j] * problem.x[i * kColumns + j];
      }
      for (int j = 0; j < kColumns; ++j) {
        gradient[o * kColumns + j] += r * problem.x[i * kColumns + j];
      }
    }
  }
  long double along = 0, gradient_square = 0, w_square = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    along += gradient[i] * w[i];
    gradient_square += gradient[i] * gradient[i];
    w_square += w[i] * w[i];
  }
  EXPECT_NEAR(recorder.lanes[0].points.at(1)[0],
              along * along / (gradient_square * w_square), 1e-9);
}

// Every family with every metric, stable and divergent.
std::vector<v1::TrialSpec> MixedTrials() {
  std::vector<v1::TrialSpec> trials;
  for (const double rate : {0.01, 5.0}) {
    for (const double order : {1.0, 1.5, 2.0, 4.7}) {
      trials.push_back(RuleOf(SmallTrial(4, 1, rate, 30), order));
    }
    for (const int depth : {1, 2, 3}) {
      trials.push_back(Balanced(depth, 0.4, rate, 25));
    }
    trials.push_back(SmallTrial(2, 1, rate, 20));
    trials.back().mutable_model()->set_family(v1::MODEL_FAMILY_SCALAR_PRODUCT);
  }
  for (size_t i = 0; i < trials.size(); ++i) {
    trials[i].set_seed(i);
    if (i % 3 != 1) trials[i] = Measure(trials[i], AllMetrics());
    trials[i].mutable_optimizer()->set_weight_decay(i % 2 == 0 ? 0.1 : 0);
  }
  return trials;
}

TEST(FamiliesTest, BitsOfALaneDoNotDependOnTheFamiliesBesideIt) {
  for (const int outputs : {1, 3}) {
    const Problem problem = SmallProblem(50, 9, outputs);
    std::vector<v1::TrialSpec> trials = MixedTrials();
    const int count = static_cast<int>(trials.size());
    Recorder together = RunAll(problem, trials);
    std::reverse(trials.begin(), trials.end());
    Recorder reversed = RunAll(problem, trials);
    std::reverse(trials.begin(), trials.end());
    int diverged = 0;
    for (int i = 0; i < count; ++i) {
      Recorder alone = RunAll(problem, {trials[i]});
      ExpectSameBits(together.lanes[i], alone.lanes[0]);
      ExpectSameBits(together.lanes[i], reversed.lanes[count - 1 - i]);
      diverged += alone.result(0).outcome() == v1::TRIAL_STATE_DIVERGED;
    }
    EXPECT_GT(diverged, 4);
    EXPECT_LT(diverged, count - 4);
  }
}

TEST(FamiliesTest, MeasuringChangesNoBitOfTheTraining) {
  const Problem problem = SmallProblem(50, 9, 3);
  for (const v1::TrialSpec& trial : MixedTrials()) {
    Recorder plain = RunAll(problem, {Measure(trial, {v1::METRIC_LOSS})});
    Recorder measured = RunAll(problem, {Measure(trial, AllMetrics())});
    for (auto& [step, values] : measured.lanes[0].points) values.resize(1);
    ExpectSameBits(plain.lanes[0], measured.lanes[0]);
  }
}

}  // namespace
}  // namespace fathom::worker
