#include "client/analysis/race/goals.h"

#include <cmath>

#include "client/analysis/trial_table.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Lt;
using ::testing::SizeIs;

v1::LossSpec Lp(double p) {
  v1::LossSpec loss;
  loss.set_kind(v1::LOSS_KIND_LP);
  loss.set_lp(p);
  return loss;
}

TEST(RoundedGoalTest, HasThreeDigits) {
  EXPECT_EQ(RoundedGoal(0.14463), 0.145);
  EXPECT_EQ(RoundedGoal(1234.0), 1230.0);
  EXPECT_EQ(RoundedGoalUp(0.14403), 0.145);
  EXPECT_EQ(RoundedGoalUp(0.144), 0.144);
  EXPECT_EQ(RoundedGoalUp(9.991e-7), 1e-6);
  EXPECT_EQ(RoundedGoalUp(1.2301e-12), 1.24e-12);
}

TEST(ProfileGoalsTest, GoDownFromTheStartToWhereTheReferenceStillGets) {
  const std::vector<double> goals = ProfileGoals(0.9, 0.14463);
  EXPECT_THAT(goals, SizeIs(10));
  EXPECT_THAT(goals, Each(Lt(0.9)));
  EXPECT_THAT(goals, Each(Ge(0.14463)));
  EXPECT_EQ(goals.back(), 0.145);
  for (size_t k = 1; k < goals.size(); ++k) EXPECT_LT(goals[k], goals[k - 1]);
}

TEST(ProfileGoalsTest, HaveFivePerDecadeUpToForty) {
  EXPECT_THAT(ProfileGoals(1, 1e-4), SizeIs(20));
  EXPECT_THAT(ProfileGoals(1, 1e-14), SizeIs(40));
}

TEST(ProfileGoalsTest, AreNoneWhereThereIsNothingToRace) {
  EXPECT_THAT(ProfileGoals(0.8974, 0.8974), IsEmpty());
  EXPECT_THAT(ProfileGoals(0.8974, 0.91), IsEmpty());
  EXPECT_THAT(ProfileGoals(0.89741, 0.89740), IsEmpty());
  EXPECT_THAT(ProfileGoals(1, 0), IsEmpty());
}

TEST(FirstStepsTest, InterpolatesBetweenLogarithms) {
  // value = 1 / (1 + step) is a straight line between these logarithms.
  const std::vector<int64_t> steps = {0, 9, 99, 999};
  const std::vector<double> values = {1, 0.1, 0.01, 0.001};
  const std::vector<double> first =
      FirstSteps(steps, values, {1, 0.5, 0.1, 0.02, 0.001, 0.0001});
  EXPECT_DOUBLE_EQ(first[0], 0);
  EXPECT_NEAR(first[1], 1, 1e-12);
  EXPECT_DOUBLE_EQ(first[2], 9);
  EXPECT_NEAR(first[3], 49, 1e-9);
  EXPECT_DOUBLE_EQ(first[4], 999);
  EXPECT_EQ(first[5], kNever);
}

TEST(FirstStepsTest, TheFirstTimeCountsOfACurveThatComesBackUp) {
  const std::vector<double> first =
      FirstSteps({0, 10, 20, 30}, {1, 0.1, 0.9, 0.05}, {0.5, 0.1, 0.05});
  EXPECT_LT(first[0], 10);
  EXPECT_THAT(first[1], DoubleEq(10));
  EXPECT_THAT(first[2], DoubleEq(30));
}

TEST(FirstStepsTest, AValueWithoutALogarithmCountsAtItsStep) {
  EXPECT_THAT(FirstSteps({0, 10}, {1, -1e-17}, {0.5}), ElementsAre(10));
  EXPECT_THAT(FirstSteps({}, {}, {0.5}), ElementsAre(kNever));
}

TEST(FloorTest, OfADistanceIsTheRoundingOfTheOptimumAndItsGap) {
  const Floor floor =
      FloorOf(v1::METRIC_EXCESS_LOSS, Lp(4), v1::PRECISION_DOUBLE, 5,
              KnownOptimum{0.25, 1e-15});
  EXPECT_DOUBLE_EQ(floor.gap, 1e-15);
  EXPECT_DOUBLE_EQ(floor.difference, 0.25 * 64 * std::ldexp(1, -53));
  EXPECT_LT(floor.residuals, 1e-50);
  EXPECT_DOUBLE_EQ(floor.value, floor.gap + floor.difference + floor.residuals);
}

TEST(FloorTest, OfALossIsTheRoundingOfItsResiduals) {
  const Floor floor =
      FloorOf(v1::METRIC_LOSS, Lp(2), v1::PRECISION_DOUBLE, 3, std::nullopt);
  EXPECT_DOUBLE_EQ(floor.value, 3 * std::pow(64 * std::ldexp(1, -53), 2));
  // A loss of 3e-31, as trained nets have on exact data, is below the floor.
  EXPECT_GT(floor.value, 3e-31);
}

TEST(FloorTest, SinglePrecisionHasAHigherOne) {
  const auto floor = [](v1::Precision precision) {
    return FloorOf(v1::METRIC_EXCESS_LOSS, Lp(2), precision, 1,
                   KnownOptimum{0.5, 0})
        .value;
  };
  EXPECT_NEAR(floor(v1::PRECISION_FLOAT) / floor(v1::PRECISION_DOUBLE),
              std::ldexp(1, 29), std::ldexp(1, 20));
}

}  // namespace
}  // namespace fathom::client
