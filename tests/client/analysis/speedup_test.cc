#include "client/analysis/speedup.h"

#include <cmath>

#include "client/view/speedup_text.h"
#include "gmock/gmock.h"

namespace fathom {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Value Number(double number) {
  v1::Value value;
  value.set_number(number);
  return value;
}

v1::Value Integer(int64_t integer) {
  v1::Value value;
  value.set_integer(integer);
  return value;
}

// A group whose curve is (1 + step)^-power.
SummaryRow Row(double p, int64_t depth, double power) {
  SummaryRow row{.group = {Number(p), Integer(depth)}};
  for (const int64_t step : {0, 9, 99, 999, 3999}) {
    row.curve.steps.push_back(step);
    row.curve.values.push_back(
        std::pow(1.0 + static_cast<double>(step), -power));
  }
  row.best.push_back(Best{.value = row.curve.values.back()});
  return row;
}

SummaryRow EmptyRow(double p, int64_t depth) {
  return {.group = {Number(p), Integer(depth)}, .best = {std::nullopt}};
}

SweepSummary Summary(std::vector<SummaryRow> rows) {
  return {.metric = v1::METRIC_LP_ERROR,
          .by = {"lp", "depth"},
          .steps = {3999},
          .rows = std::move(rows)};
}

std::string Sentence(const SweepSummary& summary) {
  const std::vector<DepthComparison> comparisons = CompareDepths(summary);
  EXPECT_EQ(comparisons.size(), 1u);
  return ComparisonText(comparisons.at(0), summary.metric);
}

TEST(SpeedupTest, FactorIsTheRatioOfSteps) {
  // Depth 2 reaches 4000^-0.25 at 1 + step = 4000^0.5.
  const auto comparisons =
      CompareDepths(Summary({Row(4, 1, 0.25), Row(4, 2, 0.5)}));

  ASSERT_EQ(comparisons.size(), 1u);
  const double step = std::sqrt(4000.0) - 1;
  EXPECT_NEAR(*comparisons[0].deeper[0].reached_step, step, 1e-6);
  EXPECT_NEAR(*comparisons[0].deeper[0].factor, 3999 / step, 1e-6);
}

TEST(SpeedupTest, SentenceNamesTheFastestDepthFirst) {
  EXPECT_EQ(
      Sentence(Summary({Row(4, 1, 0.25), Row(4, 2, 0.4), Row(4, 3, 0.5)})),
      "p = 4: depth 3 reached depth 1's lp error at step 3,999 (0.1257) "
      "at step ~62: 64.2x faster (depth 2 at ~180: 22.5x)");
}

TEST(SpeedupTest, SentenceSaysWhenNoDepthWasFaster) {
  EXPECT_EQ(
      Sentence(Summary({Row(2, 1, 0.3), Row(2, 2, 0.25), Row(2, 3, 0.2)})),
      "p = 2: no depth was faster (depth 2 ended at 0.1257 against 0.08306)");
}

TEST(SpeedupTest, AFactorOfOneIsNotFaster) {
  EXPECT_THAT(Sentence(Summary({Row(2, 1, 0.3), Row(2, 2, 0.3001)})),
              HasSubstr("no depth was faster"));
}

TEST(SpeedupTest, DivergedDepthsAreNotCompared) {
  EXPECT_THAT(Sentence(Summary({Row(4, 1, 0.25), EmptyRow(4, 2)})),
              HasSubstr("no deeper trial has a value at step 3,999"));
  EXPECT_THAT(Sentence(Summary({EmptyRow(4, 1), Row(4, 2, 0.25)})),
              HasSubstr("nothing to compare with"));
}

TEST(SpeedupTest, EachSlowGroupIsComparedOnItsOwn) {
  const auto comparisons = CompareDepths(Summary(
      {Row(2, 1, 0.3), Row(2, 2, 0.2), Row(4, 1, 0.2), Row(4, 2, 0.3)}));

  ASSERT_EQ(comparisons.size(), 2u);
  EXPECT_FALSE(comparisons[0].deeper[0].factor.has_value());
  EXPECT_TRUE(comparisons[1].deeper[0].factor.has_value());
}

TEST(SpeedupTest, WithoutDepthThereIsNothingToCompare) {
  SweepSummary summary = Summary({Row(4, 1, 0.25)});
  EXPECT_THAT(CompareDepths(summary), IsEmpty());
  summary.by = {"lp", "seed"};
  EXPECT_THAT(CompareDepths(summary), IsEmpty());
}

// Both got where they should; that the first overshot a little says nothing.
TEST(SpeedupTest, StoppedDepthsAreComparedByWhenTheyStopped) {
  SummaryRow slow = Row(4, 1, 0.5);
  SummaryRow fast = Row(4, 2, 0.5);
  slow.curve = {{0, 999, 3999}, {1, 0.0009, 0.0009}};
  fast.curve = {{0, 99, 3999}, {1, 0.00095, 0.00095}};
  slow.best[0] = Best{.value = 0.0009, .stopped_earlier = true};
  fast.best[0] = Best{.value = 0.00095, .stopped_earlier = true};

  EXPECT_EQ(Sentence(Summary({slow, fast})),
            "p = 4: depth 2 reached depth 1's lp error at step 999 "
            "(0.0009000+) at step ~99: 10.1x faster");
}

}  // namespace
}  // namespace fathom
