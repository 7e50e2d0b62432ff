#include "worker/theory/dynamics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gtest/gtest.h"

namespace fathom::worker::theory {
namespace {

// (1/(p m)) sum |r|^p is not part of LpProblem; its gradient is, and that of a
// function is free of rotation: dG_a/dW_b = dG_b/dW_a. For p = 2 it is affine.
TEST(LpProblemTest, GradientIsThatOfAFunction) {
  for (const int p : {2, 4, 6}) {
    const LpProblem problem(3, {.k = 2, .d = 3, .p = p});
    const Dense w = StartMatrix(5, 2, 3, 0.7);
    constexpr double kStep = 1e-5;
    const auto slope = [&](size_t a, size_t b) {
      Dense up = w, down = w;
      up.data[b] += kStep;
      down.data[b] -= kStep;
      return (problem.Gradient(up).data[a] - problem.Gradient(down).data[a]) /
             (2 * kStep);
    };
    double largest = 0;
    for (size_t a = 0; a < w.data.size(); ++a) {
      EXPECT_GT(slope(a, a), 0) << "the loss is convex";
      for (size_t b = 0; b < a; ++b) {
        EXPECT_NEAR(slope(a, b), slope(b, a), 1e-8 * slope(a, a));
        largest = std::max(largest, std::fabs(slope(a, b)));
      }
    }
    EXPECT_GT(largest, 1e-3);
  }
}

TEST(FlowTest, RungeKuttaHasOrderFour) {
  const LpProblem problem(1, {.k = 3});
  const Dense start = StartMatrix(1, 3, 5, 1);
  const auto flow = [&](int64_t steps) {
    return IntegrateFlow(3, start, problem,
                         {.rate = 1.0 / static_cast<double>(steps),
                          .decay = 0.2,
                          .steps = steps},
                         PaperFormulas());
  };
  const Dense truth = flow(1600);
  EXPECT_NEAR(
      std::log2(Distance(flow(100), truth) / Distance(flow(200), truth)), 4,
      0.2);
  // What the checks of Theorem 1 use is exact beside deviations of 1e-3.
  EXPECT_LT(Distance(flow(200), truth), 1e-6 * FrobeniusNorm(truth));
}

TEST(DenseTest, RandomRotationsAreOrthogonal) {
  kernel::RandomStream random(1, kernel::Purpose::kTheory);
  for (const int64_t n : {1, 2, 7, 32}) {
    const Dense q = RandomOrthogonal(random, n);
    EXPECT_LT(Distance(Product(q, Transposed(q)), Identity(n)), 1e-14 * n);
    EXPECT_LT(Distance(Product(Transposed(q), q), Identity(n)), 1e-14 * n);
  }
}

TEST(DenseTest, SortedDecompositionGivesTheMatrixBack) {
  kernel::RandomStream random(2, kernel::Purpose::kTheory);
  for (const auto& [rows, columns] : {std::pair(3, 5), {5, 3}, {1, 4}}) {
    const Dense a = RandomMatrix(random, rows, columns);
    const SortedSvd svd = Decomposed(a);
    Dense back(rows, columns);
    EXPECT_TRUE(std::is_sorted(svd.s.rbegin(), svd.s.rend()));
    for (size_t r = 0; r < svd.s.size(); ++r) {
      const auto at = static_cast<int64_t>(r);
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t c = 0; c < columns; ++c) {
          back.at(i, c) += svd.u.at(i, at) * svd.s[r] * svd.v_t.at(at, c);
        }
      }
    }
    EXPECT_LT(Distance(a, back), 1e-14);
  }
}

}  // namespace
}  // namespace fathom::worker::theory
