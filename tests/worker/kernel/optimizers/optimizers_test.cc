#include "worker/kernel/optimizers/optimizers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/kernel/optimizers/data/optimizer_values.h"
#include "tests/worker/reference_rule.h"

namespace fathom::worker::kernel {
namespace {

using test::ReferenceRule;
using test::RuleOptions;

std::unique_ptr<Optimizer> Make(const std::string& name, const RuleOptions& o) {
  const double rate = o.learning_rate;
  const double decay = o.weight_decay;
  if (name == "momentum") {
    return std::make_unique<HeavyBall>(
        HeavyBall::Options{rate, decay, o.momentum});
  }
  if (name == "nesterov") {
    return std::make_unique<Nesterov>(
        Nesterov::Options{rate, decay, o.momentum});
  }
  if (name == "adagrad") {
    return std::make_unique<AdaGrad>(
        AdaGrad::Options{rate, decay, o.epsilon, o.initial_accumulator});
  }
  if (name == "adadelta") {
    return std::make_unique<AdaDelta>(
        AdaDelta::Options{rate, decay, o.rho, o.epsilon});
  }
  if (name == "rmsprop") {
    return std::make_unique<RmsProp>(
        RmsProp::Options{rate, decay, o.rho, o.epsilon});
  }
  if (name == "adam") {
    return std::make_unique<Adam>(
        Adam::Options{rate, decay, o.beta1, o.beta2, o.epsilon});
  }
  return std::make_unique<GradientDescent>(rate, decay);
}

struct Setting {
  std::string rule;
  RuleOptions options;
};

// Rates at which every rule moves far in some hundred steps.
std::vector<Setting> Settings() {
  return {
      {"gd", {.learning_rate = 0.01}},
      {"momentum", {.learning_rate = 1e-3, .momentum = 0.9}},
      {"nesterov", {.learning_rate = 1e-3, .momentum = 0.9}},
      {"adagrad",
       {.learning_rate = 0.05, .epsilon = 1e-10, .initial_accumulator = 0.1}},
      {"adadelta", {.learning_rate = 1, .rho = 0.95, .epsilon = 1e-6}},
      {"rmsprop", {.learning_rate = 1e-3, .rho = 0.9, .epsilon = 1e-8}},
      {"adam",
       {.learning_rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8}},
  };
}

class RuleTest : public ::testing::TestWithParam<Setting> {};

INSTANTIATE_TEST_SUITE_P(Rules, RuleTest, ::testing::ValuesIn(Settings()),
                         [](const auto& test) { return test.param.rule; });

// 1/2 w^T H w - b^T w with H of condition 1e4, not diagonal.
struct Quadratic {
  static constexpr int kSize = 4;

  template <typename Real>
  static std::vector<Real> Gradient(const std::vector<Real>& w) {
    constexpr double kEigenvalues[] = {100, 10, 1, 0.01};
    // Rows of a Hadamard matrix: H = 1/4 sum_r lambda_r v_r v_r^T.
    constexpr int kVectors[][kSize] = {
        {1, 1, 1, 1}, {1, -1, 1, -1}, {1, 1, -1, -1}, {1, -1, -1, 1}};
    constexpr double kLinear[] = {7, -3, 2, 11};
    std::vector<Real> g(kSize);
    for (int i = 0; i < kSize; ++i) g[i] = -kLinear[i];
    for (int r = 0; r < kSize; ++r) {
      Real dot = 0;
      for (int i = 0; i < kSize; ++i) dot += kVectors[r][i] * w[i];
      for (int i = 0; i < kSize; ++i) {
        g[i] += kEigenvalues[r] / 4 * dot * kVectors[r][i];
      }
    }
    return g;
  }
};

// The weights come in two ranges, as those of a net do.
TEST_P(RuleTest, FollowsThePaperStepByStep) {
  for (const double decay : {0.0, 0.1}) {
    RuleOptions options = GetParam().options;
    options.weight_decay = decay;
    const auto optimizer = Make(GetParam().rule, options);
    ReferenceRule reference(GetParam().rule, options, Quadratic::kSize);
    std::vector<double> w = {1, -2, 0.5, 0};
    std::vector<long double> exact(w.begin(), w.end());
    for (int step = 1; step <= 300; ++step) {
      const std::vector<double> g = Quadratic::Gradient(w);
      optimizer->Update(0, WrittenGradient(g.data(), 3), w.data());
      optimizer->Update(3, WrittenGradient(g.data() + 3, 1), w.data() + 3);
      reference.Step(Quadratic::Gradient(exact), exact);
      for (int i = 0; i < Quadratic::kSize; ++i) {
        const auto want = static_cast<double>(exact[i]);
        ASSERT_NEAR(w[i], want, 1e-12 * std::fmax(std::fabs(want), 0.01))
            << "weight " << i << ", step " << step;
      }
    }
  }
}

TEST_P(RuleTest, GivesTheWeightsOfPyTorch) {
  RuleOptions options = GetParam().options;
  options.weight_decay = 0.1;
  const auto optimizer = Make(GetParam().rule, options);
  std::vector<double> w(std::begin(test::kValueStart),
                        std::end(test::kValueStart));
  int step = 0;
  int compared = 0;
  for (const test::OptimizerValue& value : test::kOptimizerValues) {
    if (value.rule != GetParam().rule) continue;
    for (; step < value.step; ++step) {
      double g[3];
      for (int i = 0; i < 3; ++i) {
        g[i] = test::kValueCurvature[i] * (w[i] - test::kValueTarget[i]);
      }
      optimizer->Update(0, WrittenGradient(g, 3), w.data());
    }
    for (int i = 0; i < 3; ++i) {
      EXPECT_NEAR(w[i], value.weights[i], 1e-12 * std::fabs(value.weights[i]))
          << "weight " << i << ", step " << step;
    }
    ++compared;
  }
  EXPECT_EQ(compared, 6);
}

TEST_P(RuleTest, DoesNotDependOnHowWeightsAreCutIntoRanges) {
  constexpr int kCount = 29;
  std::vector<double> whole(kCount);
  for (int i = 0; i < kCount; ++i) whole[i] = std::cos(i);
  std::vector<double> cut = whole;
  const auto a = Make(GetParam().rule, GetParam().options);
  const auto b = Make(GetParam().rule, GetParam().options);
  for (int step = 0; step < 50; ++step) {
    std::vector<double> g(kCount);
    for (int i = 0; i < kCount; ++i) g[i] = std::sin(step + i * i) + whole[i];
    a->Update(0, WrittenGradient(g.data(), kCount), whole.data());
    for (int first = 0, size = 1; first < kCount; first += size, ++size) {
      size = std::min(size, kCount - first);
      b->Update(first, WrittenGradient(g.data() + first, size),
                cut.data() + first);
    }
    ASSERT_EQ(std::memcmp(whole.data(), cut.data(), kCount * sizeof(double)),
              0);
  }
}

TEST_P(RuleTest, StaysWhereTheGradientIsZero) {
  const auto optimizer = Make(GetParam().rule, GetParam().options);
  double w[] = {0.5, 0, -3};
  const double g[] = {0, 0, 0};
  for (int step = 0; step < 10; ++step)
    optimizer->Update(0, WrittenGradient(g, 3), w);
  EXPECT_EQ(w[0], 0.5);
  EXPECT_EQ(w[1], 0);
  EXPECT_EQ(w[2], -3);
}

TEST(MomentumTest, OfZeroIsGradientDescentToTheLastBit) {
  for (const std::string rule : {"momentum", "nesterov"}) {
    const RuleOptions options = {.learning_rate = 0.013, .momentum = 0};
    const auto plain = Make("gd", options);
    const auto optimizer = Make(rule, options);
    std::vector<double> a = {1, -2, 0.5, 3};
    std::vector<double> b = a;
    for (int step = 0; step < 300; ++step) {
      const std::vector<double> g = Quadratic::Gradient(a);
      const std::vector<double> h = Quadratic::Gradient(b);
      plain->Update(0, WrittenGradient(g.data(), 4), a.data());
      optimizer->Update(0, WrittenGradient(h.data(), 4), b.data());
      ASSERT_EQ(std::memcmp(a.data(), b.data(), sizeof(double) * 4), 0) << rule;
    }
  }
}

TEST(MomentumTest, UnderAConstantGradientReachesItsTerminalVelocity) {
  for (const std::string rule : {"momentum", "nesterov"}) {
    const auto optimizer = Make(rule, {.learning_rate = 0.1, .momentum = 0.9});
    const double g = 2;
    double w = 0;
    double before = 0;
    for (int step = 0; step < 400; ++step) {
      before = w;
      optimizer->Update(0, WrittenGradient(&g, 1), &w);
    }
    EXPECT_NEAR(before - w, 0.1 * g / (1 - 0.9), 1e-12) << rule;
  }
}

// The form of 1983: a gradient step from the extrapolated point, then
// extrapolation along the last two of them.
TEST(NesterovTest, ExtrapolatesBetweenGradientSteps) {
  constexpr double kRate = 1e-3;
  constexpr double kMomentum = 0.9;
  Nesterov optimizer({kRate, 0, kMomentum});
  std::vector<double> w = {1, -2, 0.5, 3};
  std::vector<long double> y(w.begin(), w.end());
  std::vector<long double> x = y;
  for (int step = 0; step < 300; ++step) {
    const std::vector<double> g = Quadratic::Gradient(w);
    optimizer.Update(0, WrittenGradient(g.data(), 4), w.data());
    const std::vector<long double> h = Quadratic::Gradient(y);
    for (int i = 0; i < 4; ++i) {
      const long double next = y[i] - kRate * h[i];
      y[i] = next + kMomentum * (next - x[i]);
      x[i] = next;
      ASSERT_NEAR(w[i], static_cast<double>(y[i]), 1e-12);
    }
  }
}

TEST(AdaGradTest, StepsShrinkAsTheRootOfTheirNumber) {
  const auto optimizer =
      Make("adagrad", {.learning_rate = 0.3, .epsilon = 1e-10});
  const double g = -5;
  double w = 0;
  double last = 1;
  for (int step = 1; step <= 500; ++step) {
    const double before = w;
    optimizer->Update(0, WrittenGradient(&g, 1), &w);
    const double move = w - before;
    EXPECT_LT(move, last);
    EXPECT_NEAR(move, 0.3 / std::sqrt(step), 1e-10);
    last = move;
  }
}

TEST(AdaGradTest, InitialAccumulatorCountsAsEarlierGradients) {
  const auto fresh = Make("adagrad", {.learning_rate = 1, .epsilon = 1e-10});
  const auto later =
      Make("adagrad",
           {.learning_rate = 1, .epsilon = 1e-10, .initial_accumulator = 9});
  const double g = 3;
  double w = 0;
  fresh->Update(0, WrittenGradient(&g, 1), &w);
  w = 0;
  fresh->Update(0, WrittenGradient(&g, 1), &w);
  double v = 0;
  later->Update(0, WrittenGradient(&g, 1), &v);
  EXPECT_EQ(v, w);
}

TEST(AdamTest, FirstStepHasTheSizeOfTheLearningRate) {
  const auto optimizer = Make(
      "adam",
      {.learning_rate = 0.25, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8});
  const double g[] = {1e-4, -3, 1e5, 0};
  double w[] = {0, 0, 0, 0};
  optimizer->Update(0, WrittenGradient(g, 4), w);
  EXPECT_NEAR(w[0], -0.25, 1.1 * 0.25 * 1e-8 / 1e-4);
  EXPECT_NEAR(w[1], 0.25, 1e-8);
  EXPECT_NEAR(w[2], -0.25, 1e-12);
  EXPECT_EQ(w[3], 0);
}

TEST(AdamTest, WithoutMeansOfGradientsIsRmsPropWithCorrectedBias) {
  const RuleOptions options = {.learning_rate = 0.01,
                               .beta1 = 0,
                               .beta2 = 0.9,
                               .rho = 0.9,
                               .epsilon = 1e-300};
  const auto adam = Make("adam", options);
  const auto rmsprop = Make("rmsprop", options);
  double power = 1;
  for (int step = 1; step <= 100; ++step) {
    const double g = std::sin(step) + 2;
    double a = 0;
    double b = 0;
    adam->Update(0, WrittenGradient(&g, 1), &a);
    rmsprop->Update(0, WrittenGradient(&g, 1), &b);
    power *= 0.9;
    EXPECT_NEAR(a / b, std::sqrt(1 - power), 1e-14);
  }
}

// A factor of 2^k commutes with every rounding, while epsilon does not count.
TEST(AdaptiveTest, ScaleOfTheGradientDoesNotMatter) {
  for (Setting setting : Settings()) {
    if (setting.rule == "gd" || setting.options.momentum > 0) continue;
    // AdaDelta starts from epsilon, so that it must be seen beside its moves
    // and vanish beside the gradients.
    const bool delta = setting.rule == "adadelta";
    setting.options.epsilon = delta ? 1e-20 : 1e-300;
    setting.options.initial_accumulator = 0;
    const auto plain = Make(setting.rule, setting.options);
    const auto scaled = Make(setting.rule, setting.options);
    std::vector<double> a(3);
    std::vector<double> b(3);
    for (int step = 0; step < 200; ++step) {
      double g[3];
      double h[3];
      for (int i = 0; i < 3; ++i) {
        g[i] = std::sin(step * 0.1 + i) + 2 * i - 3;
        h[i] = 0x1p10 * g[i];
      }
      plain->Update(0, WrittenGradient(g, 3), a.data());
      scaled->Update(0, WrittenGradient(h, 3), b.data());
      for (int i = 0; i < 3; ++i) {
        ASSERT_NE(a[i], 0);
        ASSERT_NEAR(b[i] / a[i], 1, delta ? 1e-12 : 0)
            << setting.rule << " " << step;
      }
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
