#include "client/analysis/curves.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MeanCurveTest, KeepsTheStepsThatAllTrialsHave) {
  const std::vector<int64_t> trials = {3, 5};
  const std::vector<Observation> observations = {
      {3, 0, 1}, {3, 1, 2}, {3, 2, 8}, {5, 0, 3}, {5, 2, 4}};

  const Curve curve = MeanCurve(AlignCurves(trials, observations));

  EXPECT_THAT(curve.steps, ElementsAre(0, 2));
  EXPECT_THAT(curve.values, ElementsAre(2, 6));
}

TEST(MeanCurveTest, StoppedTrialsHoldToTheLastStep) {
  const std::vector<int64_t> trials = {0, 1};
  const std::vector<Observation> observations = {
      {0, 0, 4}, {0, 7, 2}, {1, 0, 8}, {1, 10, 6}, {1, 20, 0}};
  const std::vector<Observation> stopped = {{0, 7, 2}, {1, 20, 0}};

  const Curve curve =
      MeanCurve(AlignCurves(trials, observations, stopped, 100));

  EXPECT_THAT(curve.steps, ElementsAre(0, 10, 20, 100));
  EXPECT_THAT(curve.values, ElementsAre(6, 4, 1, 1));
}

TEST(AlignCurvesTest, KeepsEachTrialAndTheOrderOfTheTrials) {
  const std::vector<int64_t> trials = {5, 3};
  const std::vector<Observation> observations = {
      {3, 0, 1}, {5, 2, 4}, {3, 2, 8}, {5, 0, 3}, {9, 0, 7}, {9, 1, 7}};

  const CurveSet curves = AlignCurves(trials, observations);

  EXPECT_THAT(curves.steps, ElementsAre(0, 2));
  EXPECT_THAT(curves.values, ElementsAre(ElementsAre(3, 4), ElementsAre(1, 8)));
}

TEST(AlignCurvesTest, ATrialWithoutPointsLeavesNoStep) {
  EXPECT_THAT(AlignCurves(std::vector<int64_t>{1, 2},
                          std::vector<Observation>{{1, 0, 1}})
                  .steps,
              IsEmpty());
}

}  // namespace
}  // namespace fathom::client
