#include "worker/kernel/models/initialize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "worker/kernel/models/scalar_product.h"
#include "worker/kernel/random/random.h"
#include "worker/kernel/singular_values.h"

namespace fathom::worker::kernel {
namespace {

using ::fathom::test::StatusIs;

std::vector<double> EndToEnd(LinearNet& net) {
  const int64_t k = net.factor(net.depth()).rows;
  const int64_t d = net.factor(1).columns;
  std::vector<double> w(k * d);
  net.WriteEndToEnd({w.data(), k, d, d});
  return w;
}

double Distance(const std::vector<double>& a, const std::vector<double>& b) {
  double square = 0;
  for (size_t i = 0; i < a.size(); ++i) square += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(square);
}

TEST(DecomposeTest, FactorsAreOrthonormalAndGiveTheMatrixBack) {
  for (const auto& [k, d] : std::vector<std::pair<int64_t, int64_t>>{
           {1, 9}, {3, 3}, {5, 40}, {40, 5}, {20, 20}}) {
    for (const double scale : {1e-200, 1.0, 1e200}) {
      const std::vector<double> a = DrawEndToEnd(3, k, d, scale);
      const SingularValues svd = Decompose({a.data(), k, d, d});
      SingularValueFinder finder;
      EXPECT_EQ(finder.Find({a.data(), k, d, d}), svd.s);
      EXPECT_TRUE(std::is_sorted(svd.s.rbegin(), svd.s.rend()));
      const int64_t r = std::min(k, d);
      ASSERT_EQ(svd.rank, r);
      std::vector<double> back(k * d);
      double most_gram = 0;
      for (int64_t p = 0; p < r; ++p) {
        for (int64_t i = 0; i < k; ++i) {
          for (int64_t c = 0; c < d; ++c) {
            back[i * d + c] += svd.u[i * r + p] * svd.s[p] * svd.v_t[p * d + c];
          }
        }
        for (int64_t q = 0; q < r; ++q) {
          double uu = 0;
          double vv = 0;
          for (int64_t i = 0; i < k; ++i)
            uu += svd.u[i * r + p] * svd.u[i * r + q];
          for (int64_t c = 0; c < d; ++c)
            vv += svd.v_t[p * d + c] * svd.v_t[q * d + c];
          const double expected = p == q ? 1 : 0;
          most_gram = std::max(
              {most_gram, std::fabs(uu - expected), std::fabs(vv - expected)});
        }
      }
      EXPECT_LT(most_gram, 1e-13) << k << " x " << d;
      double most = 0;
      for (int64_t i = 0; i < k * d; ++i) {
        most = std::max(most, std::fabs(back[i] - a[i]));
      }
      EXPECT_LT(most, 1e-14 * scale) << k << " x " << d;
    }
  }
}

// The directions of what is not there are orthonormal as well.
TEST(DecomposeTest, RankOneHasAFullSetOfDirections) {
  for (const auto& [k, d] : {std::pair(3, 5), std::pair(5, 3)}) {
    std::vector<double> a(k * d);
    for (int i = 0; i < k * d; ++i) a[i] = (i / d + 1.0) * (i % d - 1.0);
    const SingularValues svd = Decompose({a.data(), k, d, d});
    EXPECT_GT(svd.s[0], 1);
    EXPECT_LT(svd.s[1], 1e-14);
    for (int p = 0; p < 3; ++p) {
      for (int q = 0; q < 3; ++q) {
        double uu = 0, vv = 0;
        for (int i = 0; i < k; ++i) uu += svd.u[i * 3 + p] * svd.u[i * 3 + q];
        for (int c = 0; c < d; ++c) {
          vv += svd.v_t[p * d + c] * svd.v_t[q * d + c];
        }
        EXPECT_NEAR(uu, p == q ? 1 : 0, 1e-14);
        EXPECT_NEAR(vv, p == q ? 1 : 0, 1e-14);
      }
    }
  }
}

TEST(SingularValueFinderTest, FollowsMatricesOfOtherShapesAndSaysNaN) {
  SingularValueFinder finder;
  const std::vector<double> a = {3, 0, 0, 0, 0, -4};
  EXPECT_EQ(finder.Find({a.data(), 2, 3, 3}), (std::vector<double>{4, 3}));
  EXPECT_EQ(finder.Find({a.data(), 1, 6, 6}), (std::vector<double>{5}));
  EXPECT_EQ(finder.Find({a.data(), 3, 2, 2}), (std::vector<double>{4, 3}));
  const std::vector<double> infinite = {
      1, std::numeric_limits<double>::infinity()};
  for (const double s : finder.Find({infinite.data(), 1, 2, 2})) {
    EXPECT_TRUE(std::isnan(s));
  }
  EXPECT_EQ(finder.Find({a.data(), 2, 3, 3}), (std::vector<double>{4, 3}));
}

TEST(InitializeTest, BalancedFactorsAreBalancedAndMultiplyToTheGivenMatrix) {
  for (const int64_t k : {1, 3, 12}) {
    for (const int depth : {1, 2, 3, 8}) {
      for (const int64_t width : {12, 64}) {
        const int64_t d = 10;
        std::vector<int64_t> widths(depth + 1, width);
        widths.front() = d;
        widths.back() = k;
        LinearNet net(widths);
        const std::vector<double> a = DrawEndToEnd(5, k, d, 0.7);
        ASSERT_OK(InitializeBalanced(a, net));
        EXPECT_LT(Distance(EndToEnd(net), a), 1e-14 * depth);
        EXPECT_LT(net.Balancedness(), 1e-14);
      }
    }
  }
}

TEST(InitializeTest, BalancedStartOfTheZeroMatrixIsZero) {
  LinearNet net({4, 2, 2});
  ASSERT_OK(InitializeBalanced(std::vector<double>(8, 0.0), net));
  EXPECT_EQ(EndToEnd(net), std::vector<double>(8, 0.0));
}

TEST(InitializeTest, BalancedStartNeedsLayersThatAreNoBottleneck) {
  LinearNet net({4, 1, 2});
  EXPECT_THAT(InitializeBalanced(std::vector<double>(8, 0.1), net),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(InitializeTest, BalancedStartRefusesWrongSizesAndInfinity) {
  LinearNet net({4, 2, 2});
  EXPECT_THAT(InitializeBalanced(std::vector<double>(7, 0.1), net),
              StatusIs(absl::StatusCode::kInvalidArgument));
  std::vector<double> infinite(8, 0.1);
  infinite[3] = std::numeric_limits<double>::infinity();
  EXPECT_THAT(InitializeBalanced(infinite, net),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(InitializeTest, DrawnDirectionHasItsNormAndChangesWithTheSeed) {
  const std::vector<double> a = DrawEndToEnd(1, 2, 50, 1e-3);
  EXPECT_NEAR(Norm(a.data(), 100), 1e-3, 1e-17);
  EXPECT_EQ(DrawEndToEnd(1, 2, 50, 1e-3), a);
  EXPECT_NE(DrawEndToEnd(2, 2, 50, 1e-3), a);
}

TEST(InitializeTest, GaussianEntriesHaveTheGivenDeviation) {
  LinearNet net({300, 200, 100});
  InitializeGaussian(9, 0.01, net);
  for (int j = 1; j <= 2; ++j) {
    const ConstMatrix w = net.factor(j);
    const auto count = static_cast<double>(w.rows * w.columns);
    EXPECT_NEAR(Norm(w.data, w.rows * w.columns) / std::sqrt(count), 0.01,
                0.01 * 5 / std::sqrt(2 * count));
  }
}

TEST(InitializeTest, IdentityAddsOneToEveryDiagonal) {
  LinearNet gaussian({5, 3, 4});
  LinearNet identity({5, 3, 4});
  InitializeGaussian(1, 0.01, gaussian);
  InitializeIdentity(1, 0.01, identity);
  for (int j = 1; j <= 2; ++j) {
    const ConstMatrix a = gaussian.factor(j);
    const ConstMatrix b = identity.factor(j);
    for (int64_t i = 0; i < a.rows; ++i) {
      for (int64_t c = 0; c < a.columns; ++c) {
        EXPECT_EQ(b.row(i)[c], a.row(i)[c] + (i == c ? 1 : 0));
      }
    }
  }
}

TEST(InitializeTest, IdentityAddsOneToTheDiagonalAndTheScalarOfAProduct) {
  ScalarProduct gaussian(3, 5);
  ScalarProduct identity(3, 5);
  InitializeGaussian(1, 0.01, gaussian);
  InitializeIdentity(1, 0.01, identity);
  for (int64_t i = 0; i < 3; ++i) {
    for (int64_t c = 0; c < 5; ++c) {
      EXPECT_EQ(identity.matrix().row(i)[c],
                gaussian.matrix().row(i)[c] + (i == c ? 1 : 0));
    }
  }
  EXPECT_EQ(identity.scalar(), gaussian.scalar() + 1);
}

}  // namespace
}  // namespace fathom::worker::kernel
