// Iterations to a value, and the bootstrap of how many times fewer they are.
#include "client/analysis/reach.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace fathom {
namespace {

constexpr int64_t kLast = 9999;

// Curves scale_s (1 + step)^-power_s, on which interpolation is exact.
Arm PowerLaws(const std::vector<double>& scales,
              const std::vector<double>& powers) {
  Arm arm;
  for (int64_t x = 1; x <= kLast + 1; x *= 10)
    arm.curves.steps.push_back(x - 1);
  for (size_t s = 0; s < scales.size(); ++s) {
    std::vector<double>& values = arm.curves.values.emplace_back();
    for (const int64_t step : arm.curves.steps) {
      values.push_back(scales[s] *
                       std::pow(1.0 + static_cast<double>(step), -powers[s]));
    }
    arm.keys.push_back(absl::StrCat("seed ", s));
  }
  return arm;
}

Arm PowerLaw(double power, const std::vector<double>& scales) {
  return PowerLaws(scales, std::vector<double>(scales.size(), power));
}

Arm Permuted(const Arm& arm, const std::vector<size_t>& order) {
  Arm permuted = arm;
  for (size_t i = 0; i < order.size(); ++i) {
    permuted.keys[i] = arm.keys[order[i]];
    permuted.curves.values[i] = arm.curves.values[order[i]];
  }
  return permuted;
}

TEST(ReachTest, StepsFollowFromThePowerLaw) {
  // (1 + t)^-0.5 = 0.05 at 1 + t = 400; twice as high a curve needs 1600.
  const Reach reach = ReachOf(PowerLaw(0.5, {1, 2, 1}), 0.05);

  ASSERT_EQ(reach.trials.size(), 3u);
  EXPECT_NEAR(*reach.trials[0], 399, 1e-6);
  EXPECT_NEAR(*reach.trials[1], 1599, 1e-6);
  EXPECT_NEAR(reach.median.value, 399, 1e-6);
  EXPECT_EQ(reach.censored, 0);
  // The mean curve is 4/3 as high.
  EXPECT_NEAR(reach.mean_curve.value, 400.0 * 16 / 9 - 1, 1e-6);
}

TEST(ReachTest, CurvesThatDoNotGetThereAreCensoredAndCounted) {
  // Ends at 0.01 and 0.1.
  const Reach reach = ReachOf(PowerLaw(0.5, {1, 10, 10}), 0.02);

  EXPECT_TRUE(reach.trials[0].has_value());
  EXPECT_FALSE(reach.trials[1].has_value());
  EXPECT_EQ(reach.censored, 2);
  EXPECT_EQ(reach.median.kind, Bounded::Kind::kAtLeast);
  EXPECT_EQ(reach.median.value, kLast);
  EXPECT_EQ(reach.mean_curve.kind, Bounded::Kind::kAtLeast);
  EXPECT_EQ(reach.mean_curve.value, kLast);
}

TEST(SpeedUpTest, OneTrialHasAFactorAndNoInterval) {
  // Where the first ends, 10^-1, the second is at 1 + t = 10^2.
  const SpeedUp speed_up =
      MeasureSpeedUp(PowerLaw(0.25, {1}), PowerLaw(0.5, {1}), std::nullopt);

  EXPECT_NEAR(speed_up.factor->value, 9999.0 / 99, 1e-9);
  EXPECT_EQ(speed_up.factor->kind, Bounded::Kind::kExact);
  EXPECT_FALSE(speed_up.interval.has_value());
}

TEST(SpeedUpTest, SeedsThatScaleBothCurvesAlikeLeaveNoDoubt) {
  const std::vector<double> scales = {1, 3, 0.2, 7, 1.5};
  const SpeedUp speed_up = MeasureSpeedUp(PowerLaw(0.25, scales),
                                          PowerLaw(0.5, scales), std::nullopt);

  EXPECT_TRUE(speed_up.paired);
  EXPECT_NEAR(speed_up.interval->low.value, 9999.0 / 99, 1e-6);
  EXPECT_NEAR(speed_up.interval->high.value, 9999.0 / 99, 1e-6);

  // Not so when they are taken for different seeds.
  Arm other = PowerLaw(0.5, scales);
  for (std::string& key : other.keys) key += " of another kind";
  const SpeedUp unpaired =
      MeasureSpeedUp(PowerLaw(0.25, scales), other, std::nullopt);
  EXPECT_FALSE(unpaired.paired);
  EXPECT_NEAR(unpaired.factor->value, 9999.0 / 99, 1e-6);
  EXPECT_GT(unpaired.interval->high.value, 1.5 * unpaired.interval->low.value);
}

TEST(SpeedUpTest, TheOrderOfTheSeedsDoesNotMatter) {
  const Arm base = PowerLaws({1, 2, 1.5, 3}, {0.25, 0.26, 0.24, 0.27});
  const Arm other = PowerLaws({1, 1.2, 2, 1}, {0.5, 0.4, 0.45, 0.55});
  const SpeedUp expected = MeasureSpeedUp(base, other, std::nullopt);
  const SpeedUp permuted =
      MeasureSpeedUp(Permuted(base, {2, 0, 3, 1}),
                     Permuted(other, {1, 3, 0, 2}), std::nullopt);

  EXPECT_TRUE(permuted.paired);
  EXPECT_NEAR(permuted.factor->value, expected.factor->value, 1e-9);
  EXPECT_EQ(permuted.interval->low.value, expected.interval->low.value);
  EXPECT_EQ(permuted.interval->high.value, expected.interval->high.value);
}

// With a fixed goal every curve of a seed gets there at a step of its own. The
// interval of the ratio must hold the true one about as often as it says. The
// number of experiments and seeds is fixed, so the test never varies.
TEST(SpeedUpTest, TheIntervalHoldsTheTrueFactorAboutAsOftenAsItSays) {
  std::mt19937_64 engine(5);
  const auto uniform = [&] {
    return static_cast<double>(engine() >> 11) * 0x1p-53;
  };
  constexpr int kExperiments = 60;
  constexpr int kSeeds = 20;
  // E of a scale is 1, so the means of many curves are 1 x^-1/2 and 1/2 x^-1/2:
  // the goal 0.05 is reached at x = 400 and 100.
  const double truth = 399.0 / 99;
  int held = 0;
  for (int i = 0; i < kExperiments; ++i) {
    std::vector<double> slow;
    std::vector<double> fast;
    for (int s = 0; s < kSeeds; ++s) {
      slow.push_back(0.5 + uniform());
      fast.push_back(0.5 * (0.5 + uniform()));
    }
    const SpeedUp speed_up =
        MeasureSpeedUp(PowerLaw(0.5, slow), PowerLaw(0.5, fast), 0.05);
    ASSERT_TRUE(speed_up.interval.has_value());
    if (speed_up.interval->low.value <= truth &&
        truth <= speed_up.interval->high.value) {
      ++held;
    }
  }
  EXPECT_GE(held, 50);  // 95 % of 60 are 57; percentiles are a little narrow.
  EXPECT_LT(held, kExperiments);
}

TEST(SpeedUpTest, WhatIsNotReachedBoundsTheFactor) {
  // Ends at 10^-1, 10^-2 and 10^-3.
  const Arm slow = PowerLaw(0.25, {1, 1});
  const Arm middle = PowerLaw(0.5, {1, 1});
  const Arm fast = PowerLaw(0.75, {1, 1});

  const SpeedUp slower = MeasureSpeedUp(middle, slow, std::nullopt);
  EXPECT_EQ(slower.factor->kind, Bounded::Kind::kAtMost);
  EXPECT_EQ(slower.factor->value, 1);
  EXPECT_EQ(slower.interval->high.kind, Bounded::Kind::kAtMost);

  const SpeedUp unreached_base = MeasureSpeedUp(slow, middle, 0.02);
  EXPECT_EQ(unreached_base.factor->kind, Bounded::Kind::kAtLeast);
  EXPECT_NEAR(unreached_base.factor->value, 9999.0 / 2499, 1e-6);

  const SpeedUp neither = MeasureSpeedUp(slow, middle, 1e-4);
  EXPECT_FALSE(neither.factor.has_value());
  EXPECT_FALSE(neither.interval.has_value());
  EXPECT_EQ(neither.undefined, kResamples);
  EXPECT_TRUE(MeasureSpeedUp(slow, fast, 0.01).factor.has_value());
}

TEST(SpeedUpTest, TwoThatARuleStoppedAreComparedByTheLaterGoal) {
  Arm base{.curves = {{0, 999, 3999}, {{1, 0.0009, 0.0009}}},
           .keys = {""},
           .stopped = true};
  const Arm other{.curves = {{0, 99, 3999}, {{1, 0.00095, 0.00095}}},
                  .keys = {""},
                  .stopped = true};

  EXPECT_EQ(*EpsilonOf(base, other, std::nullopt), 0.00095);
  // The other ends at its goal, the base passes it on the way to its own.
  const double passed =
      std::pow(1000, std::log(0.00095) / std::log(0.0009)) - 1;
  EXPECT_NEAR(MeasureSpeedUp(base, other, std::nullopt).factor->value,
              passed / 99, 1e-9);
  base.stopped = false;
  EXPECT_EQ(*EpsilonOf(base, other, std::nullopt), 0.0009);
  EXPECT_EQ(*EpsilonOf(base, other, 0.5), 0.5);
}

TEST(SpeedUpTest, VeryLongCurvesAreThinnedAndKeepTheirEnd) {
  Arm base;
  Arm other;
  for (int64_t step = 0; step < 150'000; ++step) {
    base.curves.steps.push_back(step);
  }
  other.curves.steps = base.curves.steps;
  for (const int s : {1, 2}) {
    std::vector<double>& slow = base.curves.values.emplace_back();
    std::vector<double>& fast = other.curves.values.emplace_back();
    for (const int64_t step : base.curves.steps) {
      const double x = 1.0 + static_cast<double>(step);
      slow.push_back(s / std::sqrt(x));
      fast.push_back(s / x);
    }
    base.keys.push_back(absl::StrCat(s));
    other.keys.push_back(absl::StrCat(s));
  }
  const SpeedUp speed_up = MeasureSpeedUp(base, other, std::nullopt);
  const double exact = 149'999 / (std::sqrt(150'000.0) - 1);
  EXPECT_NEAR(speed_up.factor->value, exact, 1e-3 * exact);
  EXPECT_NEAR(speed_up.interval->low.value, exact, 1e-2 * exact);
  EXPECT_NEAR(speed_up.interval->high.value, exact, 1e-2 * exact);
}

}  // namespace
}  // namespace fathom
