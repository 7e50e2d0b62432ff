#include "worker/data/problem.h"

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::worker {
namespace {

using ::fathom::test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Dataset SmallDataset() {
  return {.rows = 4,
          .columns = 3,
          .targets = 1,
          .x = {1, 7, 10,  //
                2, 7, 40,  //
                4, 7, 20,  //
                9, 7, 10},
          .y = {5, 9, 5, 3}};
}

v1::DataSpec Standardized() {
  v1::DataSpec spec;
  spec.set_standardize(true);
  spec.set_standardize_targets(true);
  return spec;
}

TEST(ReduceTest, CanBeGivenUpAndTakenUpAgain) {
  v1::DataSpec spec;
  spec.mutable_synthetic()->set_rows(600);
  spec.mutable_synthetic()->set_columns(200);
  spec.mutable_synthetic()->set_outputs(1);
  spec.mutable_synthetic()->set_condition(10);
  spec.mutable_synthetic()->set_top_eigenvalue(1);
  const auto problem = GenerateProblem(spec);
  ASSERT_OK(problem);
  int looks = 0;
  EXPECT_FALSE(problem->Reduce([&] { return ++looks < 3; }));
  EXPECT_EQ(looks, 3);
  EXPECT_TRUE(problem->Reduce([&] { return ++looks > 0; }));
  EXPECT_GT(looks, 9);  // It began anew.
  EXPECT_EQ(problem->Reduced().columns(), 200);
  EXPECT_TRUE(problem->Reduce([] { return false; }));  // There already.
}

TEST(ReduceTest, WhoWaitsForAnotherCanGiveUp) {
  v1::DataSpec spec = v1::DataSpec();
  const auto problem = PrepareProblem(spec, SmallDataset());
  ASSERT_OK(problem);
  bool gave_up = false;
  EXPECT_TRUE(problem->Reduce([&] {
    // While this one reduces, on a thread that is told to stop:
    std::thread other(
        [&] { gave_up = !problem->Reduce([] { return false; }); });
    other.join();
    return true;
  }));
  EXPECT_TRUE(gave_up);
}

TEST(PrepareProblemTest, LeavesTheDataAsItIsByDefault) {
  const Dataset data = SmallDataset();
  const auto problem = PrepareProblem(v1::DataSpec(), data);
  ASSERT_OK(problem);
  EXPECT_EQ(problem->x, data.x);
  EXPECT_EQ(problem->y, data.y);
  EXPECT_EQ(problem->Packed().rows(), 4);
  EXPECT_EQ(problem->Packed().columns(), 3);
  EXPECT_EQ(problem->Packed().outputs(), 1);
}

TEST(PrepareProblemTest, FeaturesAreShiftedAndScaledFirst) {
  v1::DataSpec spec;
  spec.set_feature_shift(4);
  spec.set_feature_scale(2);
  const auto problem = PrepareProblem(spec, SmallDataset());
  ASSERT_OK(problem);
  EXPECT_THAT(problem->x,
              ElementsAre(-1.5, 1.5, 3, -1, 1.5, 18, 0, 1.5, 8, 2.5, 1.5, 3));
  EXPECT_THAT(problem->y, ElementsAre(5, 9, 5, 3));
  v1::DataSpec both = Standardized();
  both.set_feature_shift(4);
  both.set_feature_scale(2);
  const auto once = PrepareProblem(Standardized(), SmallDataset());
  const auto twice = PrepareProblem(both, SmallDataset());
  for (size_t i = 0; i < once->x.size(); ++i) {
    EXPECT_NEAR(twice->x[i], once->x[i], 1e-14);
  }
}

TEST(PrepareProblemTest, StandardizedColumnsHaveMeanZeroAndDeviationOne) {
  const auto problem = PrepareProblem(Standardized(), SmallDataset());
  ASSERT_OK(problem);
  ASSERT_EQ(problem->columns, 2);
  for (int64_t j = 0; j < 2; ++j) {
    double sum = 0;
    double squares = 0;
    for (int64_t i = 0; i < 4; ++i) {
      sum += problem->x[i * 2 + j];
      squares += problem->x[i * 2 + j] * problem->x[i * 2 + j];
    }
    EXPECT_NEAR(sum, 0, 1e-15);
    EXPECT_NEAR(squares / 4, 1, 1e-15);
  }
  // (1 - 4) / sqrt(9.5), (10 - 20) / sqrt(150), (5 - 5.5) / sqrt(4.75).
  EXPECT_DOUBLE_EQ(problem->x[0], -3 / std::sqrt(9.5));
  EXPECT_DOUBLE_EQ(problem->x[1], -10 / std::sqrt(150));
  EXPECT_DOUBLE_EQ(problem->y[0], -0.5 / std::sqrt(4.75));
}

TEST(PrepareProblemTest, StandardizationForgetsUnitsAndOrigins) {
  Dataset moved = SmallDataset();
  for (double& x : moved.x) x = 1000 - 3 * x;
  for (double& y : moved.y) y = 0.5 * y + 2;
  const auto a = PrepareProblem(Standardized(), SmallDataset());
  const auto b = PrepareProblem(Standardized(), moved);
  ASSERT_OK(a);
  ASSERT_OK(b);
  for (size_t i = 0; i < a->x.size(); ++i) {
    EXPECT_NEAR(a->x[i], -b->x[i], 1e-14);
  }
  for (size_t i = 0; i < a->y.size(); ++i) {
    EXPECT_NEAR(a->y[i], b->y[i], 1e-14);
  }
}

TEST(PrepareProblemTest, TargetClassComesBeforeStandardization) {
  v1::DataSpec spec;
  spec.set_target_class(5);
  auto problem = PrepareProblem(spec, SmallDataset());
  ASSERT_OK(problem);
  EXPECT_THAT(problem->y, ElementsAre(1, 0, 1, 0));

  spec.set_standardize(true);
  problem = PrepareProblem(spec, SmallDataset());
  ASSERT_OK(problem);
  EXPECT_THAT(problem->y, ElementsAre(1, 0, 1, 0));
  EXPECT_EQ(problem->columns, 2);

  spec.set_standardize_targets(true);
  problem = PrepareProblem(spec, SmallDataset());
  ASSERT_OK(problem);
  EXPECT_THAT(problem->y, ElementsAre(1, -1, 1, -1));
}

TEST(PrepareProblemTest, OneHotHasATargetPerValueInAscendingOrder) {
  v1::DataSpec spec;
  spec.set_one_hot(true);
  const auto problem = PrepareProblem(spec, SmallDataset());
  ASSERT_OK(problem);
  EXPECT_EQ(problem->outputs, 3);  // 3, 5, 9.
  EXPECT_EQ(problem->Packed().outputs(), 3);
  EXPECT_THAT(problem->y, ElementsAre(0, 1, 0,  //
                                      0, 0, 1,  //
                                      0, 1, 0,  //
                                      1, 0, 0));
}

TEST(PrepareProblemTest, OneHotNeedsOneTargetWithAFewValuesAndNoClass) {
  v1::DataSpec spec;
  spec.set_one_hot(true);
  Dataset two = SmallDataset();
  two.targets = 2;
  two.y.insert(two.y.end(), {1, 2, 3, 4});
  EXPECT_THAT(PrepareProblem(spec, two), StatusIs(kInvalid));

  Dataset many = {.rows = 1001, .columns = 1, .targets = 1, .x = {}, .y = {}};
  for (int i = 0; i < 1001; ++i) {
    many.x.push_back(i);
    many.y.push_back(i);
  }
  const auto refused = PrepareProblem(spec, many);
  EXPECT_THAT(refused, StatusIs(kInvalid));
  EXPECT_THAT(std::string(refused.status().message()),
              testing::HasSubstr("1001 distinct values"));
  many.y[1000] = 0;
  const auto accepted = PrepareProblem(spec, many);
  ASSERT_OK(accepted);
  EXPECT_EQ(accepted->outputs, 1000);

  spec.set_target_class(5);
  EXPECT_THAT(PrepareProblem(spec, SmallDataset()), StatusIs(kInvalid));
}

TEST(PrepareProblemTest, TargetClassNeedsOneTargetAndARow) {
  v1::DataSpec spec;
  spec.set_target_class(6);
  EXPECT_THAT(PrepareProblem(spec, SmallDataset()), StatusIs(kInvalid));
  spec.set_target_class(5);
  Dataset two = SmallDataset();
  two.targets = 2;
  two.y.insert(two.y.end(), {1, 2, 3, 4});
  EXPECT_THAT(PrepareProblem(spec, two), StatusIs(kInvalid));
}

TEST(PrepareProblemTest, RefusesAConstantTarget) {
  Dataset data = SmallDataset();
  data.y.assign(4, 2.5);
  const auto problem = PrepareProblem(v1::DataSpec(), data);
  EXPECT_THAT(problem, StatusIs(kInvalid));
  EXPECT_THAT(problem.status().message(), HasSubstr("target 1 is constant"));
}

TEST(PrepareProblemTest, RefusesFeaturesOfWhichNoneVaries) {
  Dataset data = SmallDataset();
  data.x.assign(12, 1);
  EXPECT_THAT(PrepareProblem(v1::DataSpec(), data), StatusIs(kInvalid));
}

TEST(PrepareProblemTest, RefusesWhatCannotBeStandardizedInDoubles) {
  Dataset data = SmallDataset();
  data.x[0] = 1e300;
  EXPECT_THAT(PrepareProblem(Standardized(), data), StatusIs(kInvalid));
  EXPECT_OK(PrepareProblem(v1::DataSpec(), data));
}

TEST(PrepareProblemTest, RefusesAnInvalidDataset) {
  Dataset data = SmallDataset();
  data.x[5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(PrepareProblem(v1::DataSpec(), data), StatusIs(kInvalid));
  EXPECT_THAT(PrepareProblem(v1::DataSpec(), Dataset()), StatusIs(kInvalid));
}

}  // namespace
}  // namespace fathom::worker
