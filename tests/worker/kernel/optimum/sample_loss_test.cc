#include "worker/kernel/optimum/sample_loss.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace fathom::worker::kernel {
namespace {

struct Case {
  std::string name;
  std::shared_ptr<const SampleLoss> loss;
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const double p : {2.0, 2.5, 3.0, 3.7, 4.0, 6.0, 8.0}) {
    cases.push_back({"p" + std::to_string(static_cast<int>(10 * p)),
                     std::make_shared<LpLoss>(p, 0)});
  }
  for (const double p : {1.1, 1.3, 1.9}) {
    cases.push_back({"p" + std::to_string(static_cast<int>(10 * p)),
                     std::make_shared<LpLoss>(p, 0.05)});
  }
  cases.push_back({"logistic", std::make_shared<CrossEntropyLoss>(
                                   1, std::vector<int>{0, 1, 1, 0, 1, 0})});
  cases.push_back({"softmax", std::make_shared<CrossEntropyLoss>(
                                  3, std::vector<int>{0, 3})});
  return cases;
}

// Six numbers are six samples, or two samples of three.
const std::vector<double> kZ = {0.3, -1.2, 0.01, 2.5, -0.4, 0.9};

class SampleLossTest : public ::testing::TestWithParam<Case> {
 protected:
  double Value(const std::vector<double>& z) const {
    return GetParam().loss->Along(z, z, 0).value;
  }
  std::vector<double> Gradient(const std::vector<double>& z,
                               std::vector<double>* curvature = nullptr) const {
    const SampleLoss& loss = *GetParam().loss;
    const int64_t f = loss.width();
    std::vector<double> gradient(z.size()), scratch(z.size() * (f + 1) / 2);
    loss.Derive(z, gradient, scratch);
    if (curvature != nullptr) *curvature = scratch;
    return gradient;
  }
};

TEST_P(SampleLossTest, GradientIsTheDifferenceQuotientOfTheValue) {
  constexpr double kStep = 1e-5;
  const std::vector<double> gradient = Gradient(kZ);
  for (size_t i = 0; i < kZ.size(); ++i) {
    std::vector<double> up = kZ, down = kZ;
    up[i] += kStep;
    down[i] -= kStep;
    EXPECT_NEAR(gradient[i], (Value(up) - Value(down)) / (2 * kStep), 2e-7)
        << i;
  }
}

TEST_P(SampleLossTest, CurvatureIsTheDifferenceQuotientOfTheGradient) {
  constexpr double kStep = 1e-6;
  const int64_t f = GetParam().loss->width();
  std::vector<double> curvature;
  Gradient(kZ, &curvature);
  size_t at = 0;
  for (size_t i = 0; i < kZ.size() / f; ++i) {
    for (int64_t a = 0; a < f; ++a) {
      std::vector<double> up = kZ, down = kZ;
      up[i * f + a] += kStep;
      down[i * f + a] -= kStep;
      const auto above = Gradient(up), below = Gradient(down);
      for (int64_t b = a; b < f; ++b) {
        const double quotient =
            (above[i * f + b] - below[i * f + b]) / (2 * kStep);
        EXPECT_NEAR(curvature[at++], quotient, 1e-6 * (1 + std::fabs(quotient)))
            << i << " " << a << " " << b;
      }
    }
  }
  EXPECT_EQ(at, curvature.size());
}

TEST_P(SampleLossTest, SlopeIsTheGradientAlongTheDirection) {
  const std::vector<double> direction = {1, -2, 0.5, 0.25, 3, -1};
  std::vector<double> there = kZ;
  for (size_t i = 0; i < kZ.size(); ++i) there[i] += 0.7 * direction[i];
  const std::vector<double> gradient = Gradient(there);
  double slope = 0;
  for (size_t i = 0; i < kZ.size(); ++i) slope += gradient[i] * direction[i];

  const auto found = GetParam().loss->Along(kZ, direction, 0.7);

  EXPECT_NEAR(found.slope, slope, 1e-12 * std::fabs(slope));
  EXPECT_NEAR(found.value, Value(there), 1e-13 * found.value);
}

INSTANTIATE_TEST_SUITE_P(All, SampleLossTest, ::testing::ValuesIn(Cases()),
                         [](const auto& test) { return test.param.name; });

TEST(LpLossTest, IsTheMeanPowerOfTheResidual) {
  for (const double p : {1.3, 2.0, 3.0, 3.7, 8.0}) {
    double mean = 0;
    for (const double r : kZ) mean += std::pow(std::fabs(r), p) / 6;
    EXPECT_NEAR(LpLoss(p, 0).Along(kZ, kZ, 0).value, mean, 1e-14 * mean) << p;
  }
}

TEST(LpLossTest, SmoothingAddsAtMostThePowerOfItsWidth) {
  for (const double p : {1.05, 1.3, 1.8}) {
    for (const double r : {0.0, 1e-9, 0.01, 1.0, 100.0}) {
      const std::vector<double> z = {r};
      const double plain = LpLoss(p, 0).Along(z, z, 0).value;
      const double smooth = LpLoss(p, 0.02).Along(z, z, 0).value;
      EXPECT_GE(smooth, plain);
      EXPECT_LE(smooth, plain + std::pow(0.02, p) * (1 + 1e-12));
    }
  }
}

TEST(CrossEntropyLossTest, StaysExactFarOut) {
  const CrossEntropyLoss logistic(1, {0, 1});
  const std::vector<double> right = {30, -30}, wrong = {-1e5, 1e5};
  EXPECT_NEAR(logistic.Along(right, right, 0).value, std::log1p(std::exp(-30)),
              1e-16);
  EXPECT_EQ(logistic.Along(wrong, wrong, 0).value, 1e5);
  std::vector<double> gradient(2), curvature(2);
  logistic.Derive(right, gradient, curvature);
  EXPECT_NEAR(gradient[0], -std::exp(-30) / 2, 1e-26);
  EXPECT_NEAR(curvature[0], std::exp(-30) / 2, 1e-26);
}

}  // namespace
}  // namespace fathom::worker::kernel
