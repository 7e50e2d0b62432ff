#include "server/store/curves/curve_batch.h"

#include "gmock/gmock.h"

namespace fathom::server {
namespace {

using ::testing::ElementsAre;

TEST(OrderPointsTest, OfSeveralPointsAtAStepTheFirstOneStays) {
  PointColumn curve;
  curve.steps = {5, 1, 3, 1, 5, 2};
  curve.values = {50, 10, 30, 11, 51, 20};
  OrderPoints(&curve);
  EXPECT_THAT(curve.steps, ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(curve.values, ElementsAre(10, 20, 30, 50));
  OrderPoints(&curve);
  EXPECT_THAT(curve.values, ElementsAre(10, 20, 30, 50));
}

// A message is bounded in what it takes to read it, be it points or trials.
TEST(CurveBatchBuilderTest, ABatchIsFullOfPointsOrOfTrials) {
  CurveBatchBuilder empty;
  int trials = 0;
  for (; !empty.full(); ++trials) empty.Add({.trial = trials}, {});
  EXPECT_EQ(trials, 4096);

  CurveBatchBuilder long_ones;
  PointColumn curve;
  for (int step = 0; step < 10'000; ++step) {
    curve.steps.push_back(step);
    curve.values.push_back(1.0 / (step + 1));
  }
  for (trials = 0; !long_ones.full(); ++trials) {
    long_ones.Add({.trial = trials}, curve);
  }
  EXPECT_GT(trials, 1);
  EXPECT_LT(long_ones.Take().ByteSizeLong(), size_t{2} << 20);
}

TEST(CurveBatchBuilderTest, TrialsShareTheStepsThatTheyHaveInCommon) {
  CurveBatchBuilder builder;
  const auto add = [&](int64_t trial, std::vector<int64_t> steps) {
    PointColumn curve;
    for (const int64_t step : steps) {
      curve.steps.push_back(step);
      curve.values.push_back(0.5);
    }
    builder.Add({.trial = trial}, curve);
  };
  add(0, {0, 10, 20});
  add(1, {0, 10, 20, 30, 40});
  add(2, {0, 10, 15});
  add(3, {1, 2, 3});
  add(4, {7});
  add(5, {});
  const v1::CurveBatch batch = builder.Take();
  EXPECT_THAT(batch.grid_places(), ElementsAre(0, 0, 0, 1, 0, 0));
  EXPECT_THAT(batch.grids(0).steps(), ElementsAre(0, 10, 20, 30));
  EXPECT_THAT(batch.grids(1).steps(), ElementsAre(1, 2));
  EXPECT_THAT(batch.last_steps(), ElementsAre(20, 40, 15, 3, 7, 0));
  EXPECT_THAT(batch.counts(), ElementsAre(3, 5, 3, 3, 1, 0));
}

}  // namespace
}  // namespace fathom::server
