#include "worker/kernel/models/end_to_end_rule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "worker/kernel/eigen.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/models/linear_net.h"
#include "worker/kernel/optimizers/optimizers.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker::kernel {
namespace {

using Real = long double;
using RealMatrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using RowMajor =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

RowMajor RandomMatrix(uint64_t seed, int64_t k, int64_t d) {
  RandomStream random(seed, Purpose::kFeatures);
  RowMajor a(k, d);
  for (int64_t i = 0; i < a.size(); ++i) a.data()[i] = random.Normal();
  return a;
}

Matrix Ref(RowMajor& a) { return {a.data(), a.rows(), a.cols(), a.cols()}; }

RealMatrix Identity(int64_t n) { return RealMatrix::Identity(n, n); }

// A^x for a symmetric positive semidefinite A, with 0^0 = 1.
RealMatrix PowerOf(const RealMatrix& a, Real x) {
  if (x == 0) return Identity(a.rows());
  const Eigen::SelfAdjointEigenSolver<RealMatrix> solver(a);
  RealMatrix powers = RealMatrix::Zero(a.rows(), a.rows());
  for (int64_t i = 0; i < a.rows(); ++i) {
    const Real value = solver.eigenvalues()[i];
    // What rounding leaves of an eigenvalue 0.
    if (value > 1e-17L * solver.eigenvalues().cwiseAbs().maxCoeff()) {
      powers(i, i) = std::pow(value, x);
    }
  }
  return solver.eigenvectors() * powers * solver.eigenvectors().transpose();
}

// The sum in the definition of P_W, for an integer order.
RealMatrix SumOfPowers(int n, const RowMajor& w, const RowMajor& g) {
  const RealMatrix a = w.cast<Real>();
  RealMatrix sum = RealMatrix::Zero(w.rows(), w.cols());
  for (int j = 1; j <= n; ++j) {
    sum += PowerOf(a * a.transpose(), Real(j - 1) / n) * g.cast<Real>() *
           PowerOf(a.transpose() * a, Real(n - j) / n);
  }
  return sum;
}

// Claim 2 for any real order.
RealMatrix ClosedForm(Real n, const RowMajor& w, const RowMajor& g) {
  const RealMatrix a = w.cast<Real>();
  const RealMatrix b = g.cast<Real>();
  const Real norm = a.norm();
  return std::pow(norm, 2 - 2 / n) *
         (b + (n - 1) * a * (a.cwiseProduct(b).sum() / (norm * norm)));
}

// e(s, t): the sum for integer orders, else its closed form, free of
// cancellation.
Real Eigenvalue(Real n, Real s, Real t) {
  if (n == std::floor(n)) {
    Real sum = 0;
    for (int j = 1; j <= static_cast<int>(n); ++j) {
      // 0^0 = 1 for std::pow, too.
      sum += std::pow(s, 2 * (j - 1) / n) * std::pow(t, 2 * (n - j) / n);
    }
    return sum;
  }
  if (s < t) std::swap(s, t);
  if (s == 0) return 0;
  const Real power = std::pow(s, 2 - 2 / n);
  if (t == 0) return power;
  if (s == t) return n * power;
  const Real gap = 2 * std::log(t / s);
  return power * std::expm1(gap) / std::expm1(gap / n);
}

// For any real order, entry by entry in full singular bases.
RealMatrix InSingularBases(Real n, const RowMajor& w, const RowMajor& g) {
  const Eigen::JacobiSVD<RealMatrix> svd(
      w.cast<Real>(), Eigen::ComputeFullU | Eigen::ComputeFullV);
  RealMatrix turned =
      svd.matrixU().transpose() * g.cast<Real>() * svd.matrixV();
  const auto s = [&](int64_t i) -> Real {
    return i < svd.singularValues().size() ? svd.singularValues()[i] : 0;
  };
  for (int64_t i = 0; i < turned.rows(); ++i) {
    for (int64_t j = 0; j < turned.cols(); ++j) {
      turned(i, j) *= Eigenvalue(n, s(i), s(j));
    }
  }
  return svd.matrixU() * turned * svd.matrixV().transpose();
}

RowMajor Precondition(double order, RowMajor w, RowMajor g) {
  RowMajor out(w.rows(), w.cols());
  Preconditioner(order, w.rows(), w.cols()).Apply(Ref(w), Ref(g), Ref(out));
  return out;
}

double RelativeError(const RowMajor& found, const RealMatrix& expected) {
  return static_cast<double>((found.cast<Real>() - expected).norm() /
                             expected.norm());
}

const std::pair<int, int> kShapes[] = {{1, 6}, {6, 1}, {1, 1}, {2, 2},
                                       {3, 5}, {5, 3}, {4, 4}, {7, 19}};

TEST(PreconditionerTest, IntegerOrderIsTheSumOfMatrixPowers) {
  for (const auto& [k, d] : kShapes) {
    for (const int n : {1, 2, 3, 4, 8}) {
      const RowMajor w = 0.7 * RandomMatrix(1, k, d);
      const RowMajor g = RandomMatrix(2, k, d);
      EXPECT_LT(RelativeError(Precondition(n, w, g), SumOfPowers(n, w, g)),
                1e-13)
          << k << " x " << d << ", order " << n;
    }
  }
}

TEST(PreconditionerTest, RealOrderIsTheClosedFormForOneOutputOrFeature) {
  for (const auto& [k, d] : kShapes) {
    if (k > 1 && d > 1) continue;
    for (const double n : {1.0, 1.5, 2.0, 3.0, 4.7, 60.0}) {
      const RowMajor w = 3 * RandomMatrix(3, k, d);
      const RowMajor g = RandomMatrix(4, k, d);
      EXPECT_LT(RelativeError(Precondition(n, w, g), ClosedForm(n, w, g)),
                1e-14);
    }
  }
}

TEST(PreconditionerTest, RealOrderIsDiagonalInTheSingularBases) {
  for (const auto& [k, d] : kShapes) {
    for (const double n : {1.01, 1.5, 2.0, 3.0, 4.7, 60.0}) {
      const RowMajor w = 0.2 * RandomMatrix(5, k, d);
      const RowMajor g = RandomMatrix(6, k, d);
      EXPECT_LT(RelativeError(Precondition(n, w, g), InSingularBases(n, w, g)),
                1e-13)
          << k << " x " << d << ", order " << n;
    }
  }
}

// Low rank, equal and widely spread singular values, and sizes whose squares
// leave the range of a double.
TEST(PreconditionerTest, SpecialSpectraComeOutRight) {
  const std::vector<std::vector<double>> spectra = {
      {1, 0, 0},        {1, 1, 0},
      {1, 1, 1},        {1, 1 + 1e-12, 1 - 1e-9},
      {1, 1e-5, 1e-10}, {1e-3, 1e-3, 1e-160 / 1e-150},
      {5, 4e-3, 4e-3}};
  const Eigen::HouseholderQR<RowMajor> u(RandomMatrix(7, 3, 3));
  const Eigen::HouseholderQR<RowMajor> v(RandomMatrix(8, 5, 5));
  const RowMajor full_u = u.householderQ();
  const RowMajor full_v = v.householderQ();
  const RowMajor g = RandomMatrix(9, 3, 5);
  for (const auto& spectrum : spectra) {
    const Eigen::VectorXd s = Eigen::Map<const Eigen::VectorXd>(
        spectrum.data(), static_cast<int64_t>(spectrum.size()));
    const RowMajor w = full_u * s.asDiagonal() * full_v.transpose().topRows(3);
    for (const double n : {1.5, 2.0, 3.0, 8.0}) {
      const RowMajor found = Precondition(n, w, g);
      // Rounding moves every s by up to 1e-16 of the largest, and e with it,
      // which near s = 0 is a power of s below one.
      const double power = std::min({1.0, 2 / n, 2 - 2 / n});
      const double least = s.minCoeff() / s.maxCoeff();
      const double moved =
          std::pow(least + 3e-16, power) - std::pow(least, power);
      EXPECT_LT(RelativeError(found, InSingularBases(n, w, g)),
                4 * moved + 1e-12)
          << "order " << n << ", " << s.transpose();
      for (const double size : {0x1p-700, 0x1p-300, 0x1p+300}) {
        const RowMajor other = Precondition(n, size * w, g);
        const Real scale = std::pow(Real(size), 2 - 2 / Real(n));
        if (scale < 1e-290L || scale > 1e290L) continue;
        EXPECT_LT(RelativeError(other, scale * found.cast<Real>()), 1e-12);
      }
    }
  }
}

// P_cW(G) = c^(2-2/N) P_W(G), also where squares leave the range of a double,
// for one output, one feature and both.
TEST(PreconditionerTest, ScalesWithAPowerOfTheMatrixInEveryShape) {
  for (const auto& [k, d] : kShapes) {
    const RowMajor w = RandomMatrix(21, k, d);
    const RowMajor g = RandomMatrix(22, k, d);
    for (const double n : {1.5, 2.0, 3.0}) {
      const RowMajor plain = Precondition(n, w, g);
      for (const double c : {0x1p-300, 0x1p-210, 0x1p+210, 0x1p+300}) {
        const Real scale = std::pow(Real(c), 2 - 2 / Real(n));
        EXPECT_LT(RelativeError(Precondition(n, c * w, g),
                                scale * plain.cast<Real>()),
                  1e-12)
            << k << " x " << d << ", order " << n << ", c " << c;
      }
    }
  }
}

// Claim 1: the explicit kd x kd matrix has the eigenvalues e(s_r, s_q).
TEST(PreconditionerTest, ExplicitMatrixHasTheEigenvaluesOfTheClaim) {
  for (const auto& [k, d] : kShapes) {
    for (const double n : {1.0, 1.5, 2.0, 3.0, 4.7}) {
      const RowMajor w = 0.8 * RandomMatrix(10, k, d);
      Eigen::MatrixXd p(k * d, k * d);
      for (int64_t i = 0; i < k * d; ++i) {
        RowMajor unit = RowMajor::Zero(k, d);
        unit.data()[i] = 1;
        const RowMajor column = Precondition(n, w, unit);
        p.col(i) = Eigen::Map<const Eigen::VectorXd>(column.data(), k * d);
      }
      EXPECT_LT((p - p.transpose()).norm(), 1e-13 * p.norm());

      const Eigen::VectorXd s = Eigen::JacobiSVD<RowMajor>(w).singularValues();
      std::vector<double> expected;
      for (int64_t r = 0; r < k; ++r) {
        for (int64_t q = 0; q < d; ++q) {
          const double left = r < s.size() ? s[r] : 0;
          const double right = q < s.size() ? s[q] : 0;
          expected.push_back(PreconditionerEigenvalue(n, left, right));
        }
      }
      std::sort(expected.begin(), expected.end());
      const Eigen::VectorXd found =
          Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(p).eigenvalues();
      for (int64_t i = 0; i < k * d; ++i) {
        EXPECT_NEAR(found[i], expected[i], 1e-13 * expected.back());
      }
      const std::vector<double> values(s.data(), s.data() + s.size());
      const EigenvalueRange range = PreconditionerRange(n, k, d, values);
      EXPECT_DOUBLE_EQ(range.min, expected.front());
      EXPECT_DOUBLE_EQ(range.max, expected.back());
    }
  }
}

TEST(PreconditionerEigenvalueTest, IsTheSumOfTheClaimForIntegerOrders) {
  for (const int n : {1, 2, 3, 5, 64}) {
    for (const double s : {0.0, 1e-200, 0.3, 1.0, 1 + 1e-15, 40.0}) {
      for (const double t : {0.0, 1e-9, 0.3, 0.3 + 1e-13, 1.0, 1e30}) {
        const Real sum = Eigenvalue(n, s, t);
        const double found = PreconditionerEigenvalue(n, s, t);
        EXPECT_NEAR(found, static_cast<double>(sum), 1e-12 * found);
        EXPECT_EQ(found, PreconditionerEigenvalue(n, t, s));
      }
    }
  }
}

TEST(PreconditionerTest, ZeroMatrixStopsEveryOrderButOne) {
  for (const auto& [k, d] : kShapes) {
    const RowMajor g = RandomMatrix(11, k, d);
    EXPECT_EQ(Precondition(1, RowMajor::Zero(k, d), g), g);
    EXPECT_EQ(Precondition(1.5, RowMajor::Zero(k, d), g), RowMajor::Zero(k, d));
  }
}

TEST(PreconditionerTest, NonFiniteMatrixGivesNothingButNaN) {
  for (const auto& [k, d] : kShapes) {
    for (const double bad : {std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
      RowMajor w = RandomMatrix(12, k, d);
      w(k - 1, 0) = bad;
      EXPECT_TRUE(
          Precondition(3, w, RandomMatrix(13, k, d)).array().isNaN().all());
    }
  }
}

// The directions are followed from step to step; a fresh start finds the same.
TEST(PreconditionerTest, WarmStartStaysAccurateOverALongWay) {
  for (const auto& [k, d] : {std::pair(3, 7), std::pair(7, 3)}) {
    RowMajor w = 0.1 * RandomMatrix(14, k, d);
    const RowMajor target = RandomMatrix(15, k, d);
    RowMajor out(k, d);
    Preconditioner followed(3, k, d);
    for (int step = 0; step < 20000; ++step) {
      RowMajor g = w - target;
      followed.Apply(Ref(w), Ref(g), Ref(out));
      if (step % 997 == 0) {
        EXPECT_LT(RelativeError(out, SumOfPowers(3, w, g)), 1e-12) << step;
      }
      w -= 1e-3 * out;
    }
    EXPECT_LT((w - target).norm(), 1e-6);
  }
}

TEST(EndToEndRuleTest, OrderOneIsGradientDescentToTheLastBit) {
  RowMajor start = RandomMatrix(16, 3, 5);
  RowMajor g = RandomMatrix(17, 3, 5);
  EndToEndRule rule(1, Ref(start));
  LinearNet net({5, 3});
  std::copy_n(start.data(), 15, net.factor(1).data);
  GradientDescent optimizer(0.3, 0.1);
  RowMajor w(3, 5), v(3, 5);
  for (int step = 0; step < 10; ++step) {
    rule.PullBack(Ref(g));
    rule.Update(optimizer);
    net.PullBack(Ref(g));
    net.Update(optimizer);
    rule.WriteEndToEnd(Ref(w));
    net.WriteEndToEnd(Ref(v));
    EXPECT_EQ(w, v);
    EXPECT_EQ(rule.GradientNorm(), net.GradientNorm());
    g = 0.5 * w;
  }
}

// One step of size eta changes net and rule by the same up to eta^2.
TEST(EndToEndRuleTest, StepIsThatOfABalancedNetUpToTheSquareOfTheRate) {
  for (const auto& [k, d] :
       {std::pair(1, 6), std::pair(3, 5), std::pair(5, 3)}) {
    for (const int depth : {2, 3, 5}) {
      const std::vector<double> a = DrawEndToEnd(18, k, d, 0.9);
      RowMajor start = Eigen::Map<const RowMajor>(a.data(), k, d);
      RowMajor g = RandomMatrix(19, k, d);
      std::vector<double> gaps;
      for (const double rate : {1e-3, 5e-4}) {
        std::vector<int64_t> widths(depth + 1, std::min(k, d) + 1);
        widths.front() = d;
        widths.back() = k;
        LinearNet net(widths);
        ASSERT_OK(InitializeBalanced(a, net));
        EndToEndRule rule(depth, Ref(start));
        RowMajor w(k, d), v(k, d);
        net.WriteEndToEnd(Ref(w));
        net.PullBack(Ref(g));
        rule.PullBack(Ref(g));
        EXPECT_NEAR(rule.GradientNorm() / net.GradientNorm(), 1, 1e-13);
        constexpr double kDecay = 0.2;
        GradientDescent per_factor(rate, kDecay);
        GradientDescent end_to_end(rate, kDecay * depth);
        net.Update(per_factor);
        rule.Update(end_to_end);
        net.WriteEndToEnd(Ref(w));
        rule.WriteEndToEnd(Ref(v));
        gaps.push_back((w - v).norm());
      }
      EXPECT_NEAR(gaps[0] / gaps[1], 4, 0.05);
    }
  }
}

TEST(EndToEndRuleTest, WeightDecayAloneShrinksByTheFactorOfTheRule) {
  RowMajor start = RandomMatrix(20, 2, 3);
  RowMajor zero = RowMajor::Zero(2, 3);
  EndToEndRule rule(2.5, Ref(start));
  GradientDescent optimizer(0.5, 2.5 * 0.25);
  rule.PullBack(Ref(zero));
  rule.Update(optimizer);
  RowMajor w(2, 3);
  rule.WriteEndToEnd(Ref(w));
  EXPECT_EQ(w, (1 - 0.5 * 0.25 * 2.5) * start);
}

}  // namespace
}  // namespace fathom::worker::kernel
