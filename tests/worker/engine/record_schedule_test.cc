#include "worker/engine/record_schedule.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

v1::RecordSpec Record(int points, v1::RecordSpacing spacing) {
  v1::RecordSpec record;
  record.set_points(points);
  record.set_spacing(spacing);
  return record;
}

TEST(RecordStepsTest, AscendFromZeroToTheLastStepWithoutRepetition) {
  for (const auto spacing :
       {v1::RECORD_SPACING_LOG, v1::RECORD_SPACING_LINEAR}) {
    for (const int points : {2, 3, 7, 200, 5000}) {
      for (const int64_t steps : {int64_t{1}, int64_t{2}, int64_t{10},
                                  int64_t{4000}, int64_t{1'000'000'000'000}}) {
        const auto placed = RecordSteps(Record(points, spacing), steps);
        EXPECT_EQ(placed.front(), 0);
        EXPECT_EQ(placed.back(), steps);
        EXPECT_LE(placed.size(), points);
        EXPECT_TRUE(std::adjacent_find(placed.begin(), placed.end(),
                                       std::greater_equal<int64_t>()) ==
                    placed.end());
      }
    }
  }
}

TEST(RecordStepsTest, LinearSpacingIsEvenUpToRounding) {
  EXPECT_THAT(RecordSteps(Record(5, v1::RECORD_SPACING_LINEAR), 8),
              ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(RecordSteps(Record(4, v1::RECORD_SPACING_LINEAR), 10),
              ElementsAre(0, 3, 7, 10));
  EXPECT_THAT(RecordSteps(Record(100, v1::RECORD_SPACING_LINEAR), 3),
              ElementsAre(0, 1, 2, 3));
}

TEST(RecordStepsTest, LogSpacingIsEvenInTheLogarithmOfOnePlusStep) {
  constexpr int kPoints = 200;
  for (const int64_t steps :
       {int64_t{4000}, int64_t{1'000'000}, int64_t{1'000'000'000'000}}) {
    std::vector<int64_t> expected;
    for (int i = 0; i < kPoints; ++i) {
      const long double part = static_cast<long double>(i) / (kPoints - 1);
      expected.push_back(std::llround(
          std::expm1(std::log1p(static_cast<long double>(steps)) * part)));
    }
    expected.erase(std::unique(expected.begin(), expected.end()),
                   expected.end());
    EXPECT_EQ(RecordSteps(Record(kPoints, v1::RECORD_SPACING_LOG), steps),
              expected);
  }
}

TEST(RecordStepsTest, FurtherStepsAreAddedIfTheTrialReachesThem) {
  v1::RecordSpec record = Record(2, v1::RECORD_SPACING_LOG);
  for (const int64_t at : {300, 7, 300, 1000, 0, 1001, -1}) record.add_at(at);
  EXPECT_THAT(RecordSteps(record, 1000), ElementsAre(0, 7, 300, 1000));
  record.set_points(50);
  EXPECT_THAT(RecordSteps(record, 1000), IsSupersetOf({0, 7, 300, 1000}));
}

TEST(EvaluateStepsTest, ArePlacedAsThoseThatAreRecorded) {
  for (const auto spacing :
       {v1::RECORD_SPACING_LOG, v1::RECORD_SPACING_LINEAR}) {
    v1::RecordSpec record = Record(9, spacing);
    record.add_at(17);
    v1::EvaluateSpec evaluate;
    evaluate.set_points(9);
    evaluate.set_spacing(spacing);
    evaluate.add_at(17);
    EXPECT_EQ(EvaluateSteps(evaluate, 1000), RecordSteps(record, 1000));
  }
}

TEST(DueStepsTest, AreMetByARunThatBeginsAnywhere) {
  const std::vector<int64_t> steps = {0, 3, 4, 9};
  for (int64_t begin = 0; begin <= 10; ++begin) {
    DueSteps due(steps);
    for (int64_t step = begin; step <= 12; ++step) {
      const bool expected = std::count(steps.begin(), steps.end(), step) > 0;
      EXPECT_EQ(due.At(step), expected) << begin << " " << step;
      EXPECT_EQ(due.At(step), expected) << begin << " " << step;
    }
  }
  EXPECT_FALSE(DueSteps().At(0));
}

}  // namespace
}  // namespace fathom::worker
