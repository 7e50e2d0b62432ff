#include "worker/kernel/models/linear_net.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/naive_net.h"
#include "worker/kernel/models/initialize.h"
#include "worker/kernel/optimizers/optimizers.h"
#include "worker/kernel/pass/data_pass.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker::kernel {
namespace {

using ::fathom::test::NaiveNet;

// A small regression problem and one net's place in its data pass.
class Trainer {
 public:
  Trainer(int64_t m, int64_t d, int64_t k, double p)
      : k_(k), d_(d), errors_(k) {
    RandomStream random(17, Purpose::kFeatures);
    for (int64_t i = 0; i < m * d; ++i) x_.push_back(random.Normal());
    for (int64_t i = 0; i < m * k; ++i) y_.push_back(random.Normal());
    packed_ = PackedData::Pack(m, d, k, x_, y_);
    const int64_t stride = packed_.padded_columns();
    weights_ = AllocateAligned(k * stride);
    gradient_ = AllocateAligned(k * stride);
    for (int64_t r = 0; r < k; ++r) {
      columns_.push_back({weights().row(r),
                          gradient().row(r),
                          &errors_[r],
                          static_cast<int>(r),
                          {.p = p}});
    }
  }

  const std::vector<double>& x() const { return x_; }
  const std::vector<double>& y() const { return y_; }
  Matrix weights() const {
    return {weights_.get(), k_, d_, packed_.padded_columns()};
  }
  Matrix gradient() const {
    return {gradient_.get(), k_, d_, packed_.padded_columns()};
  }

  // Leaves W and dL/dW here and the gradients in `net`.
  void Evaluate(LinearNet& net) {
    net.WriteEndToEnd(weights());
    DataPass(&packed_).Run(columns_);
    net.PullBack(gradient());
  }

  void Descend(LinearNet& net, double rate, int steps) {
    GradientDescent optimizer(rate, 0);
    for (int t = 0; t < steps; ++t) {
      Evaluate(net);
      net.Update(optimizer);
    }
    Evaluate(net);
  }

 private:
  const int64_t k_;
  const int64_t d_;
  std::vector<double> x_;
  std::vector<double> y_;
  PackedData packed_;
  AlignedDoubles weights_;
  AlignedDoubles gradient_;
  std::vector<double> errors_;
  std::vector<Column> columns_;
};

std::vector<std::vector<double>> Gradients(const LinearNet& net) {
  std::vector<std::vector<double>> gradients;
  for (int j = 1; j <= net.depth(); ++j) {
    const ConstMatrix w = net.factor(j);
    gradients.emplace_back(w.rows * w.columns);
    net.WriteGradientRows(
        j, 0, {gradients.back().data(), w.rows, w.columns, w.columns});
  }
  return gradients;
}

class LinearNetTest : public ::testing::TestWithParam<std::vector<int64_t>> {};

INSTANTIATE_TEST_SUITE_P(
    Shapes, LinearNetTest,
    ::testing::Values(
        std::vector<int64_t>{5, 1}, std::vector<int64_t>{5, 3},
        std::vector<int64_t>{5, 1, 1}, std::vector<int64_t>{5, 7, 1},
        std::vector<int64_t>{5, 1, 3}, std::vector<int64_t>{5, 6, 3},
        std::vector<int64_t>{5, 1, 1, 1}, std::vector<int64_t>{5, 9, 2, 1},
        std::vector<int64_t>{5, 4, 13, 6, 3},
        std::vector<int64_t>{19, 17, 1, 18, 2, 4}));

// The central difference of a smooth function errs by h^2 f'''/6; in long
// double, rounding adds about 1e-19 / h.
TEST_P(LinearNetTest, GradientOfEveryFactorIsTheSlopeOfTheLoss) {
  for (const int p : {2, 4, 6}) {
    LinearNet net(GetParam());
    InitializeGaussian(3, 0.6, net);
    Trainer trainer(11, GetParam().front(), GetParam().back(), p);
    trainer.Evaluate(net);
    const auto gradients = Gradients(net);
    NaiveNet<long double> reference(net);
    constexpr long double kStep = 1e-6L;
    const auto loss = [&] {
      return reference.Loss(trainer.x(), trainer.y(), p, 1.0L / p);
    };
    double square = 0;
    double worst = 0;
    for (int j = 1; j <= net.depth(); ++j) {
      for (size_t i = 0; i < gradients[j - 1].size(); ++i) {
        const long double w = reference.weight(j, i);
        reference.weight(j, i) = w + kStep;
        const long double above = loss();
        reference.weight(j, i) = w - kStep;
        const long double below = loss();
        reference.weight(j, i) = w;
        const auto slope = static_cast<double>((above - below) / (2 * kStep));
        worst = std::max(worst, std::fabs(gradients[j - 1][i] - slope));
        square += slope * slope;
      }
    }
    EXPECT_LT(worst, 1e-9 * std::sqrt(square)) << "p = " << p;
    EXPECT_NEAR(net.GradientNorm(), std::sqrt(square),
                1e-9 * std::sqrt(square));
  }
}

// Why gradient flow conserves the balance of the factors.
TEST_P(LinearNetTest, NeighbouringGradientsAgree) {
  LinearNet net(GetParam());
  InitializeGaussian(4, 0.6, net);
  Trainer trainer(11, GetParam().front(), GetParam().back(), 4);
  trainer.Evaluate(net);
  const auto gradients = Gradients(net);
  for (int j = 1; j < net.depth(); ++j) {
    const ConstMatrix lower = net.factor(j);
    const ConstMatrix upper = net.factor(j + 1);
    const int64_t h = lower.rows;
    for (int64_t a = 0; a < h; ++a) {
      for (int64_t b = 0; b < h; ++b) {
        double above = 0;  // Entry of W_{j+1}^T dL/dW_{j+1}.
        for (int64_t i = 0; i < upper.rows; ++i) {
          above += upper.row(i)[a] * gradients[j][i * h + b];
        }
        double below = 0;  // Entry of dL/dW_j W_j^T.
        for (int64_t i = 0; i < lower.columns; ++i) {
          below += gradients[j - 1][a * lower.columns + i] * lower.row(b)[i];
        }
        EXPECT_NEAR(above, below, 1e-12 * net.GradientNorm());
      }
    }
  }
}

// One step changes W_{j+1}^T W_{j+1} - W_j W_j^T by eta^2 times a difference of
// gradient products: over a fixed time eta * steps the drift is of order eta.
TEST(BalancednessTest, DriftOverAFixedTimeHalvesWithTheStepSize) {
  for (const int64_t k : {1, 3}) {
    std::vector<double> drifts;
    for (const int halvings : {0, 1, 2, 3}) {
      LinearNet net({6, 8, 5, k});
      ASSERT_OK(InitializeBalanced(DrawEndToEnd(1, k, 6, 0.5), net));
      EXPECT_LT(net.Balancedness(), 1e-15);
      Trainer trainer(30, 6, k, 2);
      trainer.Descend(net, 0.002 / (1 << halvings), 500 << halvings);
      drifts.push_back(net.Balancedness());
    }
    EXPECT_LT(drifts[0], 0.01);
    for (size_t i = 0; i + 1 < drifts.size(); ++i) {
      EXPECT_NEAR(drifts[i] / drifts[i + 1], 2, 0.05) << "k = " << k;
    }
  }
}

TEST(BalancednessTest, IsTheNormOfTheLargestDifference) {
  LinearNet net({2, 1, 1, 1});
  net.factor(1).data[0] = 3;
  net.factor(1).data[1] = 4;
  net.factor(2).data[0] = 2;
  net.factor(3).data[0] = -1;
  EXPECT_EQ(net.Balancedness(), 21);
  EXPECT_EQ(LinearNet({3, 2}).Balancedness(), 0);
}

// The end-to-end dynamics of balanced nets know nothing of the widths.
TEST(LinearNetWidthTest, DoesNotChangeTheCourseOfTheEndToEndMatrix) {
  for (const int depth : {2, 3}) {
    for (const int64_t k : {1, 3}) {
      std::vector<std::vector<double>> ends;
      for (const int64_t width : {k, int64_t{64}}) {
        std::vector<int64_t> widths(depth + 1, width);
        widths.front() = 6;
        widths.back() = k;
        LinearNet net(widths);
        ASSERT_OK(InitializeBalanced(DrawEndToEnd(2, k, 6, 0.5), net));
        Trainer trainer(30, 6, k, 4);
        trainer.Descend(net, 0.01, 1000);
        ends.emplace_back();
        for (int64_t r = 0; r < k; ++r) {
          const double* row = trainer.weights().row(r);
          ends.back().insert(ends.back().end(), row, row + 6);
        }
      }
      const double norm = Norm(ends[0].data(), k * 6);
      EXPECT_GT(std::fabs(norm - 0.5), 0.1);  // It has come some way.
      for (size_t i = 0; i < ends[0].size(); ++i) {
        EXPECT_NEAR(ends[0][i], ends[1][i], 1e-11 * norm);
      }
    }
  }
}

TEST(GradientDescentTest, WeightDecayShrinksEveryWeight) {
  GradientDescent optimizer(0.5, 0.25);
  const std::vector<double> gradient = {1, 0, -2};
  std::vector<double> weights = {8, 16, 0};
  optimizer.Update(0, WrittenGradient(gradient.data(), 3), weights.data());
  EXPECT_EQ(weights, (std::vector<double>{6.5, 14, 1}));
}

}  // namespace
}  // namespace fathom::worker::kernel
