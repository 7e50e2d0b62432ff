#include "client/verify/compare.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A trial with two metrics, as the ledger and as a training have it.
struct Both {
  StoredTrial stored;
  v1::TrialPoints points;
  v1::TrialPoints evaluated;  // None, unless a test puts some in.
  v1::TrialResult result;

  Both() {
    stored = {.index = 7,
              .state = "diverged",
              .numerics = "fathom-k2/f64",
              .steps = 20,
              .best_step = 10,
              .final_loss = 0.5,
              .best_loss = 0.1,
              .curves = {}};
    stored.curves["loss"] = {{0, 1.5}, {10, 0.1}, {20, std::nullopt}};
    stored.curves["weight_norm"] = {{0, -0.0}, {10, 1e-300}, {20, 3}};
    points.add_metrics(v1::METRIC_LOSS);
    points.add_metrics(v1::METRIC_WEIGHT_NORM);
    for (const int step : {0, 10, 20}) points.add_steps(step);
    for (const double value : {1.5, -0.0, 0.1, 1e-300, kInfinity, 3.0}) {
      points.add_values(value);
    }
    result.set_outcome(v1::TRIAL_STATE_DIVERGED);
    result.set_steps(20);
    result.set_best_step(10);
    result.set_final_loss(0.5);
    result.set_best_loss(0.1);
    result.set_seconds(3);  // This is not compared.
  }

  std::vector<v1::TrialPoints> chunks() const { return {points, evaluated}; }

  std::vector<std::string> Compare(int64_t expected_doubles = 8) const {
    std::vector<Discrepancy> differences;
    EXPECT_EQ(CompareTrial(stored, chunks(), result, differences),
              expected_doubles);
    std::vector<std::string> texts;
    for (const Discrepancy& d : differences) {
      EXPECT_EQ(d.trial, 7);
      texts.push_back(d.what + (d.step ? "@" + std::to_string(*d.step) : "") +
                      ": " + d.stored + " | " + d.found);
    }
    return texts;
  }
};

TEST(CompareTrialTest, EqualBitsAreEqual) {
  EXPECT_THAT(Both().Compare(), IsEmpty());
}

// A column of the ledger has only one zero.
TEST(CompareTrialTest, AZeroLossHasNoSign) {
  for (const double zero : {0.0, -0.0}) {
    Both both;
    both.stored.final_loss = 0.0;
    both.result.set_final_loss(zero);
    EXPECT_THAT(both.Compare(), IsEmpty()) << zero;
  }
}

// Each loss is missing alone, on either side.
TEST(CompareTrialTest, ALossThatOneSideLacksIsADifference) {
  Both no_best, no_final, found_best;
  no_best.result.clear_best_loss();
  EXPECT_THAT(no_best.Compare(), ElementsAre(HasSubstr("best_loss: 0.1")));
  no_final.result.clear_final_loss();
  EXPECT_THAT(no_final.Compare(), ElementsAre(HasSubstr("final_loss: 0.5")));
  found_best.stored.best_loss.reset();
  EXPECT_THAT(found_best.Compare(7),
              ElementsAre(HasSubstr("best_loss: none | 0.1")));
}

TEST(CompareTrialTest, OneBitOfAPointIsADifference) {
  Both both;
  both.points.set_values(2, std::nextafter(0.1, 1));
  EXPECT_THAT(both.Compare(),
              ElementsAre("loss@10: 0.10000000000000001 "
                          "(0x1.999999999999ap-4) | 0.10000000000000002 "
                          "(0x1.999999999999bp-4)"));
}

TEST(CompareTrialTest, TheSignOfZeroAndWhatIsNotFiniteCount) {
  Both both;
  both.points.set_values(1, 0.0);
  both.points.set_values(4, 1e308);
  EXPECT_THAT(both.Compare(), ElementsAre(HasSubstr("loss@20: none | 1"),
                                          HasSubstr("weight_norm@0: -0")));
}

TEST(CompareTrialTest, MissingAndExtraPointsAreDifferences) {
  Both both;
  both.stored.curves["loss"] = {{0, 1.5}, {11, 0.1}, {20, std::nullopt}};
  EXPECT_THAT(both.Compare(), ElementsAre(HasSubstr("loss@10: no point | 0.1"),
                                          HasSubstr("loss@11: 0.1")));
  both.stored.curves.erase("loss");
  EXPECT_EQ(both.Compare(5).size(), 3u);
  both.stored.curves["accuracy"] = {{0, 1}};
  EXPECT_THAT(both.Compare(5), testing::Contains("accuracy: 1 points | no such "
                                                 "metric"));
}

TEST(CompareTrialTest, EveryChunkIsComparedAtItsOwnSteps) {
  Both both;
  both.stored.curves["test_loss"] = {{0, 2.5}, {20, 0.25}};
  EXPECT_THAT(both.Compare(),
              ElementsAre("test_loss: 2 points | no such metric"));
  both.evaluated.add_metrics(v1::METRIC_TEST_LOSS);
  for (const int step : {0, 20}) both.evaluated.add_steps(step);
  for (const double value : {2.5, 0.25}) both.evaluated.add_values(value);
  EXPECT_THAT(both.Compare(10), IsEmpty());
  both.evaluated.set_values(1, std::nextafter(0.25, 1));
  EXPECT_THAT(both.Compare(10), ElementsAre(HasSubstr("test_loss@20: 0.25")));
}

TEST(CompareTrialTest, TheEndCounts) {
  Both both;
  both.result.set_outcome(v1::TRIAL_STATE_STOPPED);
  both.result.set_steps(19);
  both.result.set_best_step(9);
  both.result.clear_final_loss();
  both.result.set_best_loss(std::nextafter(0.1, 0));
  EXPECT_THAT(both.Compare(),
              ElementsAre("state: diverged | stopped", "steps: 20 | 19",
                          "best_step: 10 | 9", HasSubstr("final_loss: 0.5"),
                          HasSubstr("best_loss: 0.1")));
}

}  // namespace
}  // namespace fathom::client
