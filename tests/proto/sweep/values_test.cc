#include "proto/sweep/values.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using ::testing::ElementsAre;

v1::Axis LogAxis(double from, double to, int per_decade, int64_t count) {
  v1::Axis axis;
  axis.mutable_log()->set_from(from);
  axis.mutable_log()->set_to(to);
  axis.mutable_log()->set_per_decade(per_decade);
  axis.mutable_log()->set_count(count);
  return axis;
}

v1::Axis LinspaceAxis(double from, double to, int64_t count) {
  v1::Axis axis;
  axis.mutable_linspace()->set_from(from);
  axis.mutable_linspace()->set_to(to);
  axis.mutable_linspace()->set_count(count);
  return axis;
}

v1::Axis RangeAxis(int64_t from, int64_t to, int64_t step) {
  v1::Axis axis;
  axis.mutable_range()->set_from(from);
  axis.mutable_range()->set_to(to);
  axis.mutable_range()->set_step(step);
  return axis;
}

std::vector<double> Numbers(const v1::Axis& axis) {
  std::vector<double> numbers;
  for (int64_t i = 0; i < AxisLength(axis); ++i) {
    numbers.push_back(AxisValue(axis, i).number());
  }
  return numbers;
}

TEST(LogRangeTest, DecadesAreExactlyTheLiterals) {
  EXPECT_THAT(Numbers(LogAxis(1e-5, 1e-1, 1, 0)),
              ElementsAre(1e-5, 1e-4, 1e-3, 1e-2, 1e-1));
  EXPECT_THAT(Numbers(LogAxis(1e-5, 1e-1, 0, 5)),
              ElementsAre(1e-5, 1e-4, 1e-3, 1e-2, 1e-1));
}

TEST(LogRangeTest, HalfDecadesHaveFifteenDigits) {
  EXPECT_THAT(Numbers(LogAxis(1e-2, 1, 2, 0)),
              ElementsAre(0.01, 0.0316227766016838, 0.1, 0.316227766016838, 1));
}

TEST(LogRangeTest, EveryRangeOfDecadesHasBothEnds) {
  for (int low = -300; low <= 300; low += 7) {
    for (int high = low; high <= 300; high += 11) {
      const double from = RoundToDecimal(std::pow(10.0, low));
      const double to = RoundToDecimal(std::pow(10.0, high));
      for (const int per_decade : {1, 2, 3, 10}) {
        const v1::Axis axis = LogAxis(from, to, per_decade, 0);
        const int64_t length = AxisLength(axis);
        ASSERT_EQ(length, (high - low) * per_decade + 1) << low << " " << high;
        EXPECT_EQ(AxisValue(axis, length - 1).number(), to);
      }
    }
  }
}

TEST(LogRangeTest, PerDecadeNeverExceedsTheEnd) {
  EXPECT_THAT(Numbers(LogAxis(1, 99.9, 1, 0)), ElementsAre(1, 10));
  EXPECT_THAT(Numbers(LogAxis(2, 2, 5, 0)), ElementsAre(2));
  EXPECT_THAT(Numbers(LogAxis(3, 30, 1, 0)), ElementsAre(3, 30));
}

TEST(LogRangeTest, RatioMayBeLargerThanAnyDouble) {
  EXPECT_THAT(Numbers(LogAxis(1e-300, 1e300, 0, 3)),
              ElementsAre(1e-300, 1, 1e300));
}

TEST(LinspaceTest, TenthsAreExactlyTheLiterals) {
  EXPECT_THAT(Numbers(LinspaceAxis(0, 1, 11)),
              ElementsAre(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1));
  EXPECT_THAT(
      Numbers(LinspaceAxis(-0.3, 0.7, 11)),
      ElementsAre(-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7));
}

TEST(LinspaceTest, MayFallAndMayBeOneValue) {
  EXPECT_THAT(Numbers(LinspaceAxis(1, 0, 3)), ElementsAre(1, 0.5, 0));
  EXPECT_THAT(Numbers(LinspaceAxis(7, 9, 1)), ElementsAre(7));
}

TEST(LinspaceTest, EndsMayBeTheLargestDoubles) {
  const double most = std::numeric_limits<double>::max();
  const std::vector<double> numbers = Numbers(LinspaceAxis(-most, most, 3));
  EXPECT_THAT(numbers, ElementsAre(-most, 0, most));
}

TEST(IntegerRangeTest, EndIsExclusive) {
  const v1::Axis axis = RangeAxis(-3, 8, 5);
  ASSERT_EQ(AxisLength(axis), 3);
  EXPECT_EQ(AxisValue(axis, 0).integer(), -3);
  EXPECT_EQ(AxisValue(axis, 2).integer(), 7);
  EXPECT_EQ(AxisLength(RangeAxis(0, 10, 5)), 2);
}

TEST(IntegerRangeTest, SurvivesTheEndsOfInt64) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(AxisLength(RangeAxis(kMin, kMax, 1)), kMax);
  const v1::Axis axis = RangeAxis(kMin, kMax, kMax);
  ASSERT_EQ(AxisLength(axis), 3);
  EXPECT_EQ(AxisValue(axis, 2).integer(), kMax - 1);
}

TEST(RoundToDecimalTest, IsIdempotentAndWithinHalfAUnit) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-290, 290);
  for (int i = 0; i < 10000; ++i) {
    const double number = std::pow(10, exponent(random));
    const double rounded = RoundToDecimal(number);
    EXPECT_EQ(RoundToDecimal(rounded), rounded);
    EXPECT_EQ(RoundToDecimal(-number), -rounded);
    EXPECT_NEAR(rounded / number, 1, 5.1e-15);
  }
}

TEST(RoundToDecimalTest, HidesTheLastBits) {
  for (const double number : {1e-3, 0.1, 0.3, 123.456, 1e22}) {
    EXPECT_EQ(RoundToDecimal(std::nextafter(number, 1e300)), number);
    EXPECT_EQ(RoundToDecimal(std::nextafter(number, -1e300)), number);
  }
}

TEST(RoundToDecimalTest, KeepsWhatHasNoDigits) {
  const double most = std::numeric_limits<double>::max();
  EXPECT_EQ(RoundToDecimal(0), 0);
  EXPECT_EQ(RoundToDecimal(most), most);
  EXPECT_EQ(RoundToDecimal(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(RoundToDecimal(NAN)));
}

}  // namespace
}  // namespace fathom::test
