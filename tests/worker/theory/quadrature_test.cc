#include "worker/theory/quadrature.h"

#include <cmath>

#include "gtest/gtest.h"

namespace fathom::worker::theory {
namespace {

TEST(IntegrateTest, PolynomialsUpToDegree22NeedNoHalving) {
  for (int degree = 0; degree <= 22; ++degree) {
    int calls = 0;
    const double integral = Integrate(
        [&](double x) {
          ++calls;
          return std::pow(x, degree);
        },
        -1, 2, 1e9);
    const double exact =
        (std::pow(2.0, degree + 1) - std::pow(-1.0, degree + 1)) / (degree + 1);
    EXPECT_NEAR(integral, exact, 1e-14 * std::fabs(exact)) << degree;
    EXPECT_EQ(calls, 15);
  }
}

TEST(IntegrateTest, HalvesWhereTheFunctionIsSteep) {
  const auto steep = [](double x) { return 1 / (1e-4 + x * x); };
  EXPECT_NEAR(Integrate(steep, -1, 1, 1e-9), 200 * std::atan(100.0), 1e-9);
  EXPECT_NEAR(Integrate([](double x) { return std::sqrt(x); }, 0, 1, 1e-8),
              2.0 / 3, 1e-8);
}

TEST(IntegrateTest, BackwardsIsNegative) {
  const auto f = [](double x) { return std::exp(x); };
  EXPECT_EQ(Integrate(f, 1, 0, 1e-12), -Integrate(f, 0, 1, 1e-12));
}

TEST(IntegrateTest, EndsWhereTheFunctionHasNoValue) {
  EXPECT_TRUE(std::isnan(
      Integrate([](double x) { return std::sqrt(x - 2); }, 0, 1, 1e-9)));
}

}  // namespace
}  // namespace fathom::worker::theory
