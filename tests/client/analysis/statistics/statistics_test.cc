#include "client/analysis/statistics/statistics.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;

std::vector<double> Random(size_t count, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<double> sample(count);
  for (double& value : sample) {
    value = static_cast<double>(engine() >> 11) * 0x1p-53;
  }
  return sample;
}

TEST(DescribeTest, ArithmeticSequencesHaveClosedForms) {
  // The numbers 1 ... n have the mean (n + 1) / 2 and, with the divisor n - 1,
  // the variance n (n + 1) / 12.
  for (const int n : {2, 3, 10, 101}) {
    std::vector<double> sample;
    for (int i = n; i >= 1; --i) sample.push_back(i);
    const SampleStatistics statistics = Describe(sample);
    EXPECT_EQ(statistics.count, n);
    EXPECT_DOUBLE_EQ(statistics.mean, (n + 1) / 2.0);
    EXPECT_NEAR(*statistics.standard_error, std::sqrt((n + 1) / 12.0), 1e-12);
    EXPECT_DOUBLE_EQ(statistics.least, 1);
    EXPECT_DOUBLE_EQ(statistics.most, n);
    EXPECT_DOUBLE_EQ(statistics.median, (n + 1) / 2.0);
    // The quantiles of points on a line lie on that line.
    EXPECT_NEAR(statistics.p5, 1 + 0.05 * (n - 1), 1e-12);
    EXPECT_NEAR(statistics.p75, 1 + 0.75 * (n - 1), 1e-12);
  }
}

TEST(DescribeTest, OneValueHasNoErrorAndIsEveryQuantile) {
  const SampleStatistics statistics = Describe(std::vector<double>{3});
  EXPECT_FALSE(statistics.standard_error.has_value());
  EXPECT_EQ(statistics.p5, 3);
  EXPECT_EQ(statistics.p95, 3);
}

TEST(DescribeTest, TheOrderIsInNoDigit) {
  std::vector<double> sample = Random(17, 1);
  const SampleStatistics before = Describe(sample);
  std::shuffle(sample.begin(), sample.end(), std::mt19937_64(2));
  const SampleStatistics after = Describe(sample);
  EXPECT_EQ(before.mean, after.mean);
  EXPECT_EQ(*before.standard_error, *after.standard_error);
  EXPECT_EQ(before.p25, after.p25);
}

// The share of values at or below a quantile is the share of that quantile.
TEST(QuantileTest, SplitsASortedSampleAsItsShareSays) {
  std::vector<double> sample = Random(1000, 3);
  std::sort(sample.begin(), sample.end());
  for (const double share : {0.05, 0.25, 0.5, 0.75, 0.95}) {
    const double quantile = Quantile(sample, share);
    const auto below = std::count_if(sample.begin(), sample.end(),
                                     [&](double x) { return x <= quantile; });
    EXPECT_NEAR(static_cast<double>(below), share * 1000, 1) << share;
  }
  EXPECT_EQ(Quantile(sample, 0), sample.front());
  EXPECT_EQ(Quantile(sample, 1), sample.back());
}

}  // namespace
}  // namespace fathom::client
