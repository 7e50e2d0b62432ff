#include "client/analysis/statistics/distributions.h"

#include <cmath>

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

TEST(IncompleteBetaTest, IsAPolynomialWhereItIsOne) {
  // I_x(2, 2) = 3 x^2 - 2 x^3, I_x(3, 3) = 10 x^3 - 15 x^4 + 6 x^5.
  for (double x = 0; x <= 1; x += 0.125) {
    EXPECT_NEAR(IncompleteBeta(x, 2, 2), 3 * x * x - 2 * x * x * x, 1e-14);
    EXPECT_NEAR(IncompleteBeta(x, 3, 3),
                std::pow(x, 3) * (10 - 15 * x + 6 * x * x), 1e-14);
  }
}

TEST(IncompleteBetaTest, IsSymmetric) {
  for (const double shape : {0.5, 1.5, 10.5, 500.5}) {
    for (double x = 0.05; x < 1; x += 0.1) {
      EXPECT_NEAR(IncompleteBeta(x, shape, 2 * shape),
                  1 - IncompleteBeta(1 - x, 2 * shape, shape), 1e-12);
    }
    EXPECT_NEAR(IncompleteBeta(0.5, shape, shape), 0.5, 1e-12);
  }
}

TEST(StudentQuantileTest, IsThatOfTablesAndOfClosedForms) {
  // For one degree of freedom t = tan(pi level / 2), as for Cauchy's
  // distribution; for two, t = p sqrt(2/(1-p^2)).
  EXPECT_NEAR(StudentQuantile(0.95, 1), std::tan(std::acos(-1) * 0.475), 1e-9);
  EXPECT_NEAR(StudentQuantile(0.95, 2), 0.95 * std::sqrt(2 / (1 - 0.95 * 0.95)),
              1e-11);
  EXPECT_NEAR(StudentQuantile(0.95, 4), 2.7764451051977987, 1e-11);
  EXPECT_NEAR(StudentQuantile(0.95, 19), 2.093024054408263, 1e-11);
  EXPECT_NEAR(StudentQuantile(0.95, 1000), 1.9623390808264078, 1e-10);
}

}  // namespace
}  // namespace fathom::client
