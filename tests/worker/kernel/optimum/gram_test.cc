#include "worker/kernel/optimum/gram.h"

#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "worker/kernel/eigen.h"

namespace fathom::worker::kernel {
namespace {

using RowMajor =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Entries in [-1, 1], the same in every run.
RowMajor Draw(int64_t rows, int64_t columns) {
  std::srand(static_cast<unsigned>(rows * 1000 + columns));
  return RowMajor::Random(rows, columns);
}

class GramTest : public ::testing::TestWithParam<std::pair<int, int>> {};

TEST_P(GramTest, AddsWeightedSecondMoments) {
  const auto [m, d] = GetParam();
  const RowMajor x = Draw(m, d);
  const Eigen::VectorXd w = Draw(m, 1).array() + 0.5;
  RowMajor sum = Draw(d, d);
  const RowMajor expected = sum + x.transpose() * w.asDiagonal() * x;

  AddGram({x.data(), m, d, d}, w.data(), {sum.data(), d, d, d});

  for (int i = 0; i < d; ++i) {
    for (int j = i; j < d; ++j) {
      EXPECT_NEAR(sum(i, j), expected(i, j), 1e-13 * m) << i << " " << j;
    }
  }
}

TEST_P(GramTest, FactorsAndSolves) {
  const auto [rows, d] = GetParam();
  const int m = rows + d;
  const RowMajor x = Draw(m, d);
  const RowMajor a = x.transpose() * x;
  const Eigen::VectorXd b = Draw(d, 1);
  Eigen::VectorXd solution = b;

  Cholesky cholesky;
  ASSERT_TRUE(cholesky.Factor({a.data(), d, d, d}, 0));
  cholesky.Solve(solution.data());

  EXPECT_EQ(cholesky.mu(), 0);
  EXPECT_LT((a * solution - b).norm(), 1e-11 * a.norm() * solution.norm());
}

INSTANTIATE_TEST_SUITE_P(Shapes, GramTest,
                         ::testing::Values(std::pair(1, 1), std::pair(3, 2),
                                           std::pair(128, 4), std::pair(129, 5),
                                           std::pair(300, 67),
                                           std::pair(40, 150)));

TEST(CholeskyTest, RaisesTheShiftWhereTheMatrixIsSingular) {
  const RowMajor x = Draw(3, 6);
  const RowMajor a = x.transpose() * x;
  Cholesky cholesky;
  ASSERT_TRUE(cholesky.Factor({a.data(), 6, 6, 6}, 1e-18));
  EXPECT_GT(cholesky.mu(), 1e-18);
  EXPECT_LT(cholesky.mu(), 1e-12);
}

TEST(CholeskyTest, RefusesWhatIsIndefiniteOrNotFinite) {
  const std::vector<double> indefinite = {1, 3, 3, 1};
  Cholesky cholesky;
  EXPECT_FALSE(cholesky.Factor({indefinite.data(), 2, 2, 2}, 0));
  const std::vector<double> infinite = {1, 0, 0, INFINITY};
  EXPECT_FALSE(cholesky.Factor({infinite.data(), 2, 2, 2}, 0));
}

// A feature that is always 0 has no curvature and must not matter.
TEST(CholeskyTest, ZeroOnTheDiagonalCountsAsOne) {
  const std::vector<double> a = {4, 0, 0, 0};
  std::vector<double> b = {8, 3};
  Cholesky cholesky;
  ASSERT_TRUE(cholesky.Factor({a.data(), 2, 2, 2}, 0));
  cholesky.Solve(b.data());
  EXPECT_EQ(b, (std::vector<double>{2, 3}));
}

}  // namespace
}  // namespace fathom::worker::kernel
