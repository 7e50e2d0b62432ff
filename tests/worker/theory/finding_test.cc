#include "worker/theory/finding.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace fathom::worker::theory {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(FindingTest, OnePercentIsMoreThanATolerance) {
  EXPECT_TRUE(Holds(RelativeFinding("", "", 2, 2 * 1.0009, 1e-3)));
  EXPECT_FALSE(Holds(RelativeFinding("", "", 2, 2.02, 1e-3)));
  EXPECT_FALSE(Holds(RelativeFinding("", "", -2, -1.98, 1e-3)));
}

// An error of a formula that is a hundredth of the deviation still shows, as it
// does not vanish with the step size.
TEST(FindingTest, WhatDoesNotVanishTurnsTheOrder) {
  const auto deviation = [](double h, double error) {
    return h * (1 + h) + error;
  };
  EXPECT_TRUE(
      Holds(OrderFinding("", "", 1, deviation(1e-2, 0), deviation(5e-3, 0))));
  EXPECT_FALSE(Holds(
      OrderFinding("", "", 1, deviation(1e-2, 1e-3), deviation(5e-3, 1e-3))));
}

TEST(FindingTest, NothingHoldsOfWhatIsNotANumber) {
  EXPECT_FALSE(Holds(RelativeFinding("", "", 1, kNaN, 1)));
  EXPECT_FALSE(Holds(RelativeFinding("", "", kNaN, 1, 1)));
  EXPECT_FALSE(Holds(RelativeFinding("", "", 0, 0, 1)));
  EXPECT_FALSE(Holds(OrderFinding("", "", 1, kNaN, 1)));
  EXPECT_FALSE(Holds(OrderFinding("", "", 1, 0, 0)));
  EXPECT_FALSE(Holds({.measured = kInfinity, .tolerance = kInfinity}));
  EXPECT_FALSE(Holds({.residual = 0, .tolerance = kNaN}));
}

TEST(FindingTest, WorstIsTheLeastInsideItsTolerance) {
  const Finding good = {.setting = "good", .residual = 1, .tolerance = 4};
  const Finding close = {.setting = "close", .residual = 0.1, .tolerance = 0.2};
  const Finding lost = {.setting = "lost", .residual = kNaN, .tolerance = 1};
  EXPECT_EQ(Worst({good, close}).setting, "close");
  EXPECT_EQ(Worst({close, lost, good}).setting, "lost");
}

}  // namespace
}  // namespace fathom::worker::theory
