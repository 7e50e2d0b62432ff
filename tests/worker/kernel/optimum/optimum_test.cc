#include "worker/kernel/optimum/optimum.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "worker/kernel/eigen.h"

namespace fathom::worker::kernel {
namespace {

using ::testing::HasSubstr;
using Kind = LossKind;
using RowMajor =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Long = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
using LongVector = Eigen::Matrix<long double, Eigen::Dynamic, 1>;

// Fails unless `found` is an error of this kind that says this.
void ExpectError(const absl::StatusOr<Optimum>& found, absl::StatusCode code,
                 const std::string& text) {
  EXPECT_EQ(found.status().code(), code);
  EXPECT_THAT(found.status().message(), HasSubstr(text));
}

ConstMatrix Ref(const RowMajor& a) {
  return {a.data(), a.rows(), a.cols(), a.cols()};
}

absl::StatusOr<Optimum> Find(const RowMajor& x, const RowMajor& y,
                             Loss objective) {
  return FindOptimum(Ref(x), Ref(y), objective, [] { return true; });
}

// The optimum, which must exist and keep its own promise.
Optimum FindLp(const RowMajor& x, const RowMajor& y, double p) {
  const auto found = Find(x, y, {.p = p});
  EXPECT_OK(found);
  if (!found.ok()) return {};
  EXPECT_GE(found->gap, 0);
  EXPECT_LE(found->gap, 1e-10 * (1 + found->value));
  return *found;
}

struct Data {
  RowMajor x, y;
};

// m samples of d features of very different scales, and targets that a linear
// map explains in part.
Data Draw(int m, int d, int k, unsigned seed = 1) {
  std::srand(seed);
  Data data = {RowMajor::Random(m, d), RowMajor::Random(m, k)};
  for (int c = 0; c < d; ++c) data.x.col(c) *= std::pow(10.0, -3.0 * c / d);
  data.y = 0.3 * data.y.array().cube().matrix() +
           data.x * RowMajor::Random(d, k) * 2;
  return data;
}

// --- Independent references, in long double ---

// sum of squares by QR.
long double LeastSquares(const RowMajor& x, const RowMajor& y) {
  const Long a = x.cast<long double>(), b = y.cast<long double>();
  const Long w = a.colPivHouseholderQr().solve(b);
  return (a * w - b).squaredNorm() / static_cast<long double>(x.rows());
}

struct Bounds {
  long double lower, upper;
};

// Iteratively reweighted least squares, and from where it ends two bounds of
// the optimum. With A the residual's p |r|^(p-1) sign(r), made orthogonal to
// the features, Young's inequality gives for every w
//   sum |r|^p >= -<A, y> - (p - 1) sum |A / p|^(p / (p - 1)).
Bounds LpBounds(const RowMajor& x, const RowMajor& y, long double p) {
  const Long a = x.cast<long double>();
  const LongVector b = y.cast<long double>().col(0);
  const auto m = static_cast<long double>(x.rows());
  const Eigen::HouseholderQR<Long> features(a);
  LongVector w = features.solve(b), r = a * w - b;
  for (int i = 0; i < 2000; ++i) {
    const LongVector root =
        r.array().abs().max(1e-13L).pow((p - 2) / 2).matrix();
    const Long weighted = root.asDiagonal() * a;
    const LongVector target = root.asDiagonal() * b;
    const LongVector next = weighted.householderQr().solve(target);
    w += std::min(1.0L, 1 / (p - 1)) * (next - w);
    r = a * w - b;
  }
  LongVector dual =
      p * (r.array().abs().pow(p - 1) * r.array().sign()).matrix();
  dual -= a * features.solve(dual);
  const long double conjugate =
      (p - 1) * (dual.array() / p).abs().pow(p / (p - 1)).sum();
  return {(-dual.dot(b) - conjugate) / m, r.array().abs().pow(p).sum() / m};
}

// --- l_p ---

TEST(LpOptimumTest, IsLeastSquaresForP2) {
  for (const auto& [m, d, k] :
       {std::tuple(30, 4, 1), std::tuple(200, 37, 3), std::tuple(65, 64, 2)}) {
    const Data data = Draw(m, d, k);
    const auto expected = static_cast<double>(LeastSquares(data.x, data.y));
    const Optimum found = FindLp(data.x, data.y, 2);
    EXPECT_NEAR(found.value, expected, 1e-13 * (1 + expected));
    EXPECT_EQ(found.iterations, 0);
  }
}

TEST(LpOptimumTest, LiesBetweenTheBoundsOfDuality) {
  for (const double p : {1.2, 1.3, 1.7, 2.5, 3.0, 3.7, 4.0, 6.0, 8.0, 15.5}) {
    for (const unsigned seed : {1u, 2u}) {
      const Data data = Draw(60, 5, 1, seed);
      const Bounds bounds = LpBounds(data.x, data.y, p);
      ASSERT_LT(bounds.upper - bounds.lower, 1e-7 * bounds.upper) << p;
      const Optimum found = FindLp(data.x, data.y, p);
      EXPECT_GE(found.value, static_cast<double>(bounds.lower) - 1e-14) << p;
      EXPECT_LE(found.value, static_cast<double>(bounds.upper) + 1e-10) << p;
      EXPECT_LE(found.value - found.gap,
                static_cast<double>(bounds.upper) + 1e-14)
          << p;
    }
  }
}

TEST(LpOptimumTest, GrowsWithTheTargetsToThePowerP) {
  const Data data = Draw(50, 6, 2);
  for (const double p : {1.3, 2.0, 3.0, 3.7, 8.0}) {
    const Optimum one = FindLp(data.x, data.y, p);
    for (const double c : {0.01, 7.0}) {
      const Optimum other = FindLp(data.x, c * data.y, p);
      const double power = std::pow(c, p);
      EXPECT_NEAR(other.value, power * one.value,
                  power * one.gap + other.gap + 1e-13 * other.value)
          << p << " " << c;
    }
  }
}

TEST(LpOptimumTest, OutputsSeparate) {
  const Data data = Draw(50, 6, 3);
  for (const double p : {1.3, 2.0, 4.0}) {
    double sum = 0;
    for (int o = 0; o < 3; ++o) {
      sum += FindLp(data.x, data.y.col(o), p).value;
    }
    EXPECT_NEAR(FindLp(data.x, data.y, p).value, sum, 1e-10) << p;
  }
}

TEST(LpOptimumTest, RedundantFeaturesChangeNothing) {
  const Data data = Draw(80, 7, 1);
  RowMajor x(80, 11);
  x << data.x, data.x.col(2), 1e4 * (data.x.col(0) - data.x.col(6)),
      RowMajor::Zero(80, 1), data.x.col(1) * 1e-9;
  for (const double p : {1.3, 2.0, 3.0, 4.0, 8.0}) {
    EXPECT_NEAR(FindLp(x, data.y, p).value, FindLp(data.x, data.y, p).value,
                1e-10)
        << p;
  }
}

TEST(LpOptimumTest, RepeatedSamplesChangeNothing) {
  const Data data = Draw(70, 5, 1);
  RowMajor x(140, 5), y(140, 1);
  x << data.x, data.x;
  y << data.y, data.y;
  for (const double p : {1.3, 2.0, 3.7}) {
    EXPECT_NEAR(FindLp(x, y, p).value, FindLp(data.x, data.y, p).value, 1e-10);
  }
}

TEST(LpOptimumTest, IsZeroWhereAMapFitsExactly) {
  const Data wide = Draw(12, 40, 2);  // m < d.
  Data exact = Draw(50, 4, 1);
  exact.y = exact.x * RowMajor::Random(4, 1);
  for (const double p : {1.01, 1.3, 2.0, 3.0, 4.0, 64.0}) {
    EXPECT_LE(FindLp(wide.x, wide.y, p).value, 1e-10) << p;
    EXPECT_LE(FindLp(exact.x, exact.y, p).value, 1e-10) << p;
    EXPECT_EQ(FindLp(exact.x, 0 * exact.y, p).value, 0) << p;
  }
}

// Features like those of the Ethanol data: eigenvalues of the covariance from
// 70 down to 1e-8, and an optimum far out.
TEST(LpOptimumTest, CopesWithExtremeConditioning) {
  std::srand(5);
  const int m = 400, d = 40;
  const RowMajor z = RowMajor::Random(m, d);
  const RowMajor square = RowMajor::Random(d, d);
  const RowMajor turn = Eigen::HouseholderQR<RowMajor>(square).householderQ();
  Eigen::VectorXd scales(d);
  for (int c = 0; c < d; ++c) scales[c] = std::pow(10.0, 1 - 5.0 * c / (d - 1));
  const RowMajor x = z * scales.asDiagonal() * turn;
  const RowMajor y = z * RowMajor::Random(d, 1) * 0.2 + RowMajor::Random(m, 1);
  const auto expected = static_cast<double>(LeastSquares(x, y));
  EXPECT_NEAR(FindLp(x, y, 2).value, expected, 1e-11);
  // The same span of features, well conditioned.
  for (const double p : {1.3, 4.0, 6.0}) {
    const double value = FindLp(z, y, p).value;
    EXPECT_NEAR(FindLp(x, y, p).value, value, 1e-9 * value) << p;
  }
}

// --- Cross-entropy ---

// Labels that a linear map explains in part, one-hot for k > 1.
RowMajor Labels(const RowMajor& x, int k) {
  RowMajor scores =
      x * RowMajor::Random(x.cols(), k) + RowMajor::Random(x.rows(), k) * 2;
  RowMajor y = RowMajor::Zero(x.rows(), k);
  for (int i = 0; i < x.rows(); ++i) {
    int best = 0;
    scores.row(i).maxCoeff(&best);
    if (k == 1) {
      y(i, 0) = scores(i, 0) > 0 ? 1 : 0;
    } else {
      y(i, best) = 1;
    }
  }
  return y;
}

// Newton's method on all k logits, in long double, with the pseudo-inverse.
long double SoftmaxReference(const RowMajor& features, const RowMajor& labels) {
  const Long x = features.cast<long double>(), y = labels.cast<long double>();
  const int m = static_cast<int>(x.rows()), d = static_cast<int>(x.cols());
  const int k = static_cast<int>(y.cols());
  Long w = Long::Zero(k, d);
  long double value = 0;
  for (int step = 0; step < 60; ++step) {
    Long gradient = Long::Zero(k * d, 1), hessian = Long::Zero(k * d, k * d);
    value = 0;
    for (int i = 0; i < m; ++i) {
      const LongVector logits = w * x.row(i).transpose();
      const LongVector terms = logits.array().exp();
      const LongVector p = terms / terms.sum();
      value += (std::log(terms.sum()) - logits.dot(y.row(i))) / m;
      for (int a = 0; a < k; ++a) {
        gradient.block(a * d, 0, d, 1) +=
            x.row(i).transpose() * ((p[a] - y(i, a)) / m);
        for (int b = 0; b < k; ++b) {
          const long double weight = p[a] * ((a == b ? 1 : 0) - p[b]) / m;
          hessian.block(a * d, b * d, d, d) +=
              weight * x.row(i).transpose() * x.row(i);
        }
      }
    }
    const Long move = hessian.completeOrthogonalDecomposition().solve(gradient);
    for (int a = 0; a < k; ++a)
      w.row(a) -= 0.5L * move.block(a * d, 0, d, 1).transpose();
  }
  return value;
}

TEST(CrossEntropyOptimumTest, MatchesAReferenceOnAllLogits) {
  for (const int k : {2, 3, 4}) {
    std::srand(k);
    const RowMajor x = RowMajor::Random(150, 3);
    const RowMajor y = Labels(x, k);
    const auto found = Find(x, y, {.kind = Kind::kCrossEntropy});
    ASSERT_OK(found);
    EXPECT_GT(found->value, 0.1);
    EXPECT_NEAR(found->value, static_cast<double>(SoftmaxReference(x, y)),
                1e-10);
    EXPECT_LE(found->gap, 1e-10);
  }
}

TEST(CrossEntropyOptimumTest, LogisticIsSoftmaxOfTwoClasses) {
  std::srand(9);
  const RowMajor x = RowMajor::Random(90, 4);
  const RowMajor one = Labels(x, 1);
  RowMajor two(90, 2);
  two << 1 - one.array(), one.array();
  const auto logistic = Find(x, one, {.kind = Kind::kCrossEntropy});
  const auto softmax = Find(x, two, {.kind = Kind::kCrossEntropy});
  ASSERT_OK(logistic);
  ASSERT_OK(softmax);
  EXPECT_NEAR(logistic->value, softmax->value, 1e-11);
  EXPECT_GT(logistic->value, 0.1);
}

TEST(CrossEntropyOptimumTest, ApproachesTheInfimumOfSeparableLabels) {
  std::srand(3);
  const RowMajor x = RowMajor::Random(60, 3);
  RowMajor y(60, 1);
  for (int i = 0; i < 60; ++i) y(i, 0) = x(i, 0) - 2 * x(i, 2) > 0 ? 1 : 0;
  const auto found = Find(x, y, {.kind = Kind::kCrossEntropy});
  ASSERT_OK(found);
  EXPECT_GT(found->value, 0);
  EXPECT_LE(found->value, 1e-10);
  EXPECT_LE(found->gap, found->value);
}

// A separable part and one that is a coin toss: the infimum is that of the
// second, and W has to go to infinity for it.
TEST(CrossEntropyOptimumTest, FindsAnInfimumAtInfinity) {
  RowMajor x = RowMajor::Zero(40, 2), y = RowMajor::Zero(40, 1);
  for (int i = 0; i < 20; ++i) {
    x(i, 0) = i % 2 == 0 ? 1 + i : -1 - i;
    y(i, 0) = i % 2 == 0 ? 1 : 0;
  }
  for (int i = 20; i < 40; ++i) {
    x(i, 1) = 1;
    y(i, 0) = i < 25 ? 1 : 0;
  }
  const auto found = Find(x, y, {.kind = Kind::kCrossEntropy});
  ASSERT_OK(found);
  const double entropy = -0.25 * std::log(0.25) - 0.75 * std::log(0.75);
  EXPECT_NEAR(found->value, entropy / 2, 2e-10);
}

TEST(CrossEntropyOptimumTest, RefusesWhatIsNoLabel) {
  const RowMajor x = RowMajor::Ones(2, 2);
  RowMajor y(2, 1);
  y << 1, 0.5;
  ExpectError(Find(x, y, {.kind = Kind::kCrossEntropy}),
              absl::StatusCode::kInvalidArgument,
              "sample 2 are not a label 0 or 1");
  RowMajor none(2, 2);
  none << 0, 1, 0, 0;
  ExpectError(Find(x, none, {.kind = Kind::kCrossEntropy}),
              absl::StatusCode::kInvalidArgument, "sample 2");
  // Their sum is right.
  RowMajor halves = none;
  halves.setZero();
  halves.col(0).setOnes();
  halves.row(1).setConstant(1.0 / static_cast<double>(halves.cols()));
  ExpectError(Find(x, halves, {.kind = Kind::kCrossEntropy}),
              absl::StatusCode::kInvalidArgument, "sample 2");
}

TEST(OptimumTest, RefusesWhatIsTooLarge) {
  const RowMajor x = RowMajor::Ones(2, 4097);
  RowMajor y(2, 1);
  y << 1, 0;
  ExpectError(Find(x, y, {.p = 4}), absl::StatusCode::kResourceExhausted,
              "4097");
  ExpectError(Find(x, y, {.kind = Kind::kCrossEntropy}),
              absl::StatusCode::kResourceExhausted, "1 x 4097");
}

TEST(OptimumTest, EndsWhenItIsCalledOff) {
  const Data data = Draw(300, 20, 1);
  for (const int calls : {0, 1, 5}) {
    int left = calls;
    const auto found = FindOptimum(Ref(data.x), Ref(data.y), {.p = 4},
                                   [&left] { return left-- > 0; });
    EXPECT_TRUE(absl::IsCancelled(found.status()));
    EXPECT_EQ(left, -1);  // Not asked again.
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
