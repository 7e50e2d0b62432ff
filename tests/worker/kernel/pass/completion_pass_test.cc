#include "worker/kernel/pass/completion_pass.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "worker/kernel/aligned.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker::kernel {
namespace {

constexpr int64_t kRows = 5;
constexpr int64_t kColumns = 11;

// A matrix, some of its entries, and a W with its gradient.
class CompletionPassTest : public ::testing::Test {
 protected:
  CompletionPassTest()
      : weights_(AllocateAligned(kRows * kStride)),
        gradient_(AllocateAligned(kRows * kStride)),
        errors_(kRows) {
    RandomStream random(1, Purpose::kFactor);
    for (int64_t i = 0; i < kRows * kColumns; ++i) {
      matrix_.push_back(random.Normal());
      if (random.Uniform() < 0.4) positions_.push_back(i);
    }
    for (int64_t r = 0; r < kRows; ++r) {
      for (int64_t c = 0; c < kColumns; ++c) W(r, c) = random.Normal();
      for (int64_t c = 0; c < kStride; ++c) G(r, c) = 9;  // Stale.
    }
  }

  static constexpr int64_t kStride = PaddedColumns(kColumns);
  double& W(int64_t r, int64_t c) { return weights_[r * kStride + c]; }
  double& G(int64_t r, int64_t c) { return gradient_[r * kStride + c]; }

  KnownEntries Known() const {
    return KnownEntries({matrix_.data(), kRows, kColumns, kColumns},
                        positions_);
  }
  std::vector<Column> Columns(double p) {
    std::vector<Column> columns;
    for (int64_t r = 0; r < kRows; ++r) {
      columns.push_back({.weights = &W(r, 0),
                         .gradient = &G(r, 0),
                         .error = &errors_[r],
                         .output = static_cast<int>(r),
                         .loss = {.p = p}});
    }
    return columns;
  }
  double Error(CompletionPass& pass, double p) {
    pass.Run(Columns(p));
    double sum = 0;
    for (const double error : errors_) sum += error;
    return sum;
  }

  std::vector<double> matrix_;
  std::vector<int64_t> positions_;
  AlignedDoubles weights_;
  AlignedDoubles gradient_;
  std::vector<double> errors_;
};

TEST_F(CompletionPassTest, ErrorIsTheMeanOverTheKnownEntries) {
  const KnownEntries known = Known();
  CompletionPass pass(&known);
  for (const double p : {1.5, 2.0, 3.0, 4.0, 6.0}) {
    double expected = 0;
    for (const int64_t i : positions_) {
      expected +=
          std::pow(std::fabs(W(i / kColumns, i % kColumns) - matrix_[i]), p);
    }
    expected /= static_cast<double>(positions_.size());
    EXPECT_NEAR(Error(pass, p) / expected, 1, 1e-13) << p;
  }
}

TEST_F(CompletionPassTest, GradientIsThatOfTheError) {
  const KnownEntries known = Known();
  CompletionPass pass(&known);
  constexpr double kStep = 1e-5;
  for (const double p : {1.5, 2.0, 4.0, 5.5}) {
    for (int64_t r = 0; r < kRows; ++r) {
      for (int64_t c = 0; c < kColumns; ++c) {
        const double at = W(r, c);
        W(r, c) = at + kStep;
        const double above = Error(pass, p);
        W(r, c) = at - kStep;
        const double below = Error(pass, p);
        W(r, c) = at;
        Error(pass, p);
        EXPECT_NEAR(p * G(r, c), (above - below) / (2 * kStep), 1e-7);
      }
    }
  }
}

TEST_F(CompletionPassTest, UnknownEntriesHaveNoGradient) {
  const KnownEntries known = Known();
  CompletionPass pass(&known);
  Error(pass, 4);
  int64_t zeros = 0;
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t c = 0; c < kStride; ++c) zeros += G(r, c) == 0 ? 1 : 0;
  }
  EXPECT_EQ(zeros, kRows * kStride - known.size());
  EXPECT_GT(known.size(), 0);
  EXPECT_LT(known.size(), kRows * kColumns);
}

TEST_F(CompletionPassTest, InfiniteWeightsGiveNoFiniteError) {
  const KnownEntries known = Known();
  CompletionPass pass(&known);
  const int64_t i = positions_[0];
  W(i / kColumns, i % kColumns) = HUGE_VAL;
  for (const double p : {1.5, 2.0, 4.0}) {
    EXPECT_FALSE(std::isfinite(Error(pass, p)));
  }
}

TEST_F(CompletionPassTest, TheGradientIsInfiniteOrNoNumberAsTheResidualIs) {
  const KnownEntries known = Known();
  CompletionPass pass(&known);
  const int64_t r = positions_[0] / kColumns;
  const int64_t c = positions_[0] % kColumns;
  for (const double p : {1.2, 1.5, 2.0, 3.0, 4.0}) {
    for (const double infinite : {HUGE_VAL, -HUGE_VAL}) {
      W(r, c) = infinite;
      Error(pass, p);
      EXPECT_EQ(G(r, c), infinite) << p;
    }
    W(r, c) = std::nan("");
    EXPECT_TRUE(std::isnan(Error(pass, p))) << p;
    EXPECT_TRUE(std::isnan(G(r, c))) << p;
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
