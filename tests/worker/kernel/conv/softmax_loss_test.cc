#include "worker/kernel/conv/softmax_loss.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/kernel/conv/floats.h"
#include "worker/kernel/conv/float_product.h"

namespace fathom::worker::kernel {
namespace {

constexpr int64_t kSamples = 20;
constexpr int64_t kClasses = 10;
constexpr int64_t kStride = 16;

struct Batch {
  explicit Batch(float spread) : logits(kSamples * kStride) {
    RandomFloats random;
    for (int64_t s = 0; s < kSamples; ++s) {
      for (int64_t c = 0; c < kClasses; ++c) {
        logits[s * kStride + c] = spread * random.Next();
      }
      labels.push_back(static_cast<int32_t>(3 * s % kClasses));
    }
  }
  FloatMatrix View() const {
    return {logits.get(), kSamples, kClasses, kStride};
  }
  // Of one sample, with one of its logits moved.
  long double Loss(int64_t s, int64_t moved = 0, long double by = 0) const {
    const auto z = [&](int64_t c) {
      return logits[s * kStride + c] + (c == moved ? by : 0);
    };
    long double sum = 0;
    for (int64_t c = 0; c < kClasses; ++c) {
      sum += std::exp(z(c) - z(labels[s]));
    }
    return std::log(sum);
  }

  Floats logits;
  std::vector<int32_t> labels;
};

TEST(SoftmaxLossTest, IsItsDefinitionAndSoIsItsGradient) {
  for (const float spread : {0.01f, 1.0f, 30.0f}) {
    const Batch batch(spread);
    Floats gradient(kSamples * kStride);
    FloatMatrix to = {gradient.get(), kSamples, kClasses, kStride};
    const SoftmaxLoss loss =
        MeasureSoftmaxLoss(batch.View(), batch.labels, 0.25, &to);
    long double sum = 0;
    for (int64_t s = 0; s < kSamples; ++s) {
      sum += batch.Loss(s);
      for (int64_t c = 0; c < kClasses; ++c) {
        const long double slope =
            (batch.Loss(s, c, 1e-5L) - batch.Loss(s, c, -1e-5L)) / 2e-5L;
        ASSERT_NEAR(gradient[s * kStride + c], 0.25L * slope, 3e-8);
      }
    }
    EXPECT_NEAR(loss.sum, sum, 1e-13 * sum);
    // In the place of the logits, or nowhere.
    FloatMatrix in_place = batch.View();
    const SoftmaxLoss alone =
        MeasureSoftmaxLoss(batch.View(), batch.labels, 0.25, nullptr);
    EXPECT_EQ(alone.sum, loss.sum);
    EXPECT_EQ(alone.errors, loss.errors);
    MeasureSoftmaxLoss(batch.View(), batch.labels, 0.25, &in_place);
    ExpectSameBits(batch.logits, gradient);
  }
}

TEST(SoftmaxLossTest, CountsSamplesWhoseFirstGreatestLogitIsAnother) {
  Floats logits(4 * 3);
  const float rows[4][3] = {{1, 2, 0}, {2, 2, 0}, {2, 2, 0}, {0, 0, 3}};
  for (int64_t i = 0; i < 12; ++i) logits[i] = rows[i / 3][i % 3];
  const std::vector<int32_t> labels = {1, 0, 1, 0};
  EXPECT_EQ(
      MeasureSoftmaxLoss(FloatMatrix{logits.get(), 4, 3, 3}, labels, 1, nullptr)
          .errors,
      2);
}

TEST(SoftmaxLossTest, LogitsFarApartLoseNothing) {
  Floats logits(3);
  logits[0] = 3e38f, logits[1] = -3e38f, logits[2] = 0;
  FloatMatrix view = {logits.get(), 1, 3, 3};
  const std::vector<int32_t> labels = {2};
  const SoftmaxLoss loss = MeasureSoftmaxLoss(view, labels, 1, &view);
  EXPECT_EQ(loss.sum, double{3e38f});
  EXPECT_EQ(logits[0], 1);
  EXPECT_EQ(logits[1], 0);
  EXPECT_EQ(logits[2], -1);
  logits[0] = 60, logits[1] = 0, logits[2] = -20;
  MeasureSoftmaxLoss(view, std::vector<int32_t>{0}, 1, &view);
  EXPECT_NEAR(logits[1], std::exp(-60.0), 1e-6 * std::exp(-60.0));
  EXPECT_NEAR(logits[2], std::exp(-80.0), 1e-6 * std::exp(-80.0));
}

TEST(SoftmaxLossTest, WhatIsNotFiniteIsNoLoss) {
  for (const float bad : {std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN()}) {
    Batch batch(1);
    batch.logits[kStride + 2] = bad;
    FloatMatrix view = batch.View();
    const SoftmaxLoss loss =
        MeasureSoftmaxLoss(batch.View(), batch.labels, 1, &view);
    EXPECT_TRUE(std::isnan(loss.sum));
    for (int64_t c = 0; c < kClasses; ++c) {
      EXPECT_TRUE(std::isnan(batch.logits[kStride + c]));
      EXPECT_FALSE(std::isnan(batch.logits[c]));
    }
  }
}

}  // namespace
}  // namespace fathom::worker::kernel
