#include "client/analysis/statistics/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;

double SmoothMedianOf(const std::vector<double>& values,
                      const std::vector<uint32_t>& weights) {
  std::vector<uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return values[a] < values[b]; });
  SmoothMedian smooth;
  return smooth.Of(values, order, weights);
}

TEST(SmoothMedianTest, WeighsByHowLikelyEachIsTheMedian) {
  // I_(1/3)(2, 2) = 7/27.
  EXPECT_NEAR(SmoothMedianOf({30, 0, 3}, {1, 1, 1}),
              3 * (13.0 / 27) + 30 * (7.0 / 27), 1e-12);
  // A value that is drawn twice counts at both of its places.
  EXPECT_NEAR(SmoothMedianOf({30, 0, 3}, {0, 1, 2}), 3 * (20.0 / 27), 1e-12);
  EXPECT_NEAR(SmoothMedianOf({5, 5, 5, 5}, {4, 0, 0, 0}), 5, 1e-12);
}

TEST(StudentIntervalTest, IsThatOfAMean) {
  // The bootstrap deviation of a mean of n is sqrt((n-1)/n) s / sqrt(n), so
  // that the correction gives Student's own interval.
  const std::vector<double> sample = {1.2, 0.7, 1.9, 0.4, 1.1};
  const double mean = 1.06;
  double squares = 0;
  for (const double value : sample) squares += (value - mean) * (value - mean);
  const double standard_error = std::sqrt(squares / 4 / 5);
  Resamples draws(0);
  std::vector<double> means;
  for (size_t b = 0; b < ResamplesOf(5); ++b) {
    double sum = 0;
    for (size_t s = 0; s < 5; ++s) sum += draws.Of(5, b)[s] * sample[s];
    means.push_back(sum / 5);
  }
  const Interval interval =
      *StudentInterval(mean, means, 5, std::sqrt(5.0 / 4), mean);
  EXPECT_NEAR(interval.high - mean, 2.776445 * standard_error, 0.06);
  EXPECT_NEAR(mean - interval.low, 2.776445 * standard_error, 0.06);
}

TEST(StudentIntervalTest, HoldsTheEstimateAndNeedsFiniteValues) {
  EXPECT_EQ(StudentInterval(0, {0.1, 0.1}, 5, 1, 0.5)->high, 0.5);
  EXPECT_FALSE(
      StudentInterval(0, {0, std::numeric_limits<double>::infinity()}, 5, 1, 0)
          .has_value());
}

TEST(ResampleStreamTest, DrawsAsManyAsThereAreAndAllEquallyOften) {
  ResampleStream stream;
  std::vector<int64_t> total(7, 0);
  constexpr int kRounds = 20000;
  for (int i = 0; i < kRounds; ++i) {
    const std::vector<uint32_t> times = stream.Draw(7);
    EXPECT_EQ(std::accumulate(times.begin(), times.end(), 0u), 7u);
    for (size_t j = 0; j < times.size(); ++j) total[j] += times[j];
  }
  for (const int64_t times : total) EXPECT_NEAR(times, kRounds, 800);
}

TEST(ResampleStreamTest, IsTheSameEveryTimeAndAnotherInAnotherStream) {
  ResampleStream a;
  ResampleStream b;
  EXPECT_EQ(a.Draw(50), b.Draw(50));
  EXPECT_NE(a.Draw(50), ResampleStream().Draw(50));
  EXPECT_NE(ResampleStream(1).Draw(50), ResampleStream(0).Draw(50));
  EXPECT_THAT(ResampleStream().Draw(1), ElementsAre(1));
}

TEST(ResamplesTest, AreFewerOfVeryManyRepetitions) {
  EXPECT_EQ(ResamplesOf(1), 2000u);
  EXPECT_EQ(ResamplesOf(100), 2000u);
  EXPECT_EQ(ResamplesOf(400), 500u);
  EXPECT_EQ(ResamplesOf(1'000'000), 200u);
}

TEST(ResamplesTest, AreThoseOfTheStreamWhateverIsAskedForFirst) {
  Resamples draws(5);
  const std::vector<uint32_t> last(draws.Of(4, 2).begin(),
                                   draws.Of(4, 2).end());
  draws.Of(9, 0);
  ResampleStream stream(5);
  stream.Draw(4);
  stream.Draw(4);
  EXPECT_EQ(last, stream.Draw(4));
  EXPECT_THAT(draws.Of(4, 2), testing::ElementsAreArray(last));
}

}  // namespace
}  // namespace fathom::client
