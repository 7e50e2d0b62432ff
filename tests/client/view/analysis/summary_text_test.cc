// These tests show the best of a sweep where rounding decides.
#include "client/view/analysis/summary_text.h"

#include "client/view/analysis/best_text.h"
#include "client/view/analysis/comparison_notes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Returns the analysis of one group with two repetitions.
SweepAnalysis Analysis(double floor) {
  SweepAnalysis analysis;
  analysis.summary.steps = {10};
  SummaryRow row;
  row.best = {Best{.value = 5e-21, .trials = {0, 1}, .values = {1e-21, 9e-21}}};
  row.floor = floor;
  analysis.summary.rows = {row};
  analysis.groups = {
      GroupAnalysis{.statistics = Describe(row.best[0]->values)}};
  return analysis;
}

TEST(SummaryTextTest, AnErrorBelowTheFloorIsNone) {
  const v1::Sweep sweep;
  EXPECT_THAT(SummaryText(sweep, Analysis(1e-15), 0),
              HasSubstr("5.000e-21 ±0\n"));
  EXPECT_THAT(SummaryText(sweep, Analysis(1e-22), 0),
              HasSubstr("5.000e-21 ±4.0e-21\n"));
  EXPECT_THAT(BestText(sweep, Analysis(1e-15), false, 0),
              Not(HasSubstr("4.000e-21")));
  EXPECT_THAT(BestText(sweep, Analysis(1e-22), false, 0),
              HasSubstr("4.000e-21"));
}

TEST(EdgePhrasesTest, BeyondATieNothingIsToBeTried) {
  AxisEdge edge{.axis = "learning_rate",
                .kind = AxisEdge::Kind::kSmallest,
                .value = 0.01,
                .tied_least = 0.01,
                .tied_most = 0.01};
  EXPECT_THAT(EdgePhrases({edge}),
              ElementsAre("learning rate 0.01 is the smallest tried, try "
                          "smaller ones"));
  edge.tied_most = 0.1;
  EXPECT_THAT(EdgePhrases({edge}),
              ElementsAre("learning rate 0.01 is tied with others from 0.01 to "
                          "0.1: only rounding tells them apart"));
}

}  // namespace
}  // namespace fathom::client
