#include "client/analysis/difference.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

TEST(DifferenceTest, IntervalsAreThoseOfWelch) {
  // By hand: means 2 and 6, squared standard errors 1/3 and 4/3, degrees of
  // freedom (5/3)^2 / ((1/3)^2/2 + (4/3)^2/2) = 50/17, and the 97.5 % quantile
  // of Student's distribution with these, whose density was integrated by
  // Simpson's rule, 3.21876.
  const std::vector<double> first = {1, 2, 3};
  const std::vector<double> second = {4, 6, 8};
  const Difference found = DifferenceOf(first, second);
  EXPECT_EQ(found.difference, 4);
  EXPECT_EQ(found.ratio, 3);
  ASSERT_TRUE(found.interval.has_value());
  const double reach = found.interval->high - 4;
  EXPECT_NEAR(4 - found.interval->low, reach, 1e-12);
  const double t = reach / std::sqrt(5.0 / 3);
  EXPECT_NEAR(t, 3.21876, 1e-4);
  ASSERT_TRUE(found.ratio_interval.has_value());
  // The squared errors of the logarithms are 1/12 and 1/27, with 3.4845 degrees
  // of freedom and the quantile 2.94617: 3 exp(-+2.94617 sqrt(13/108)).
  EXPECT_NEAR(found.ratio_interval->low, 1.07945, 1e-4);
  EXPECT_NEAR(found.ratio_interval->high, 8.33756, 1e-3);
}

TEST(DifferenceTest, WhatIsMissingLeavesItsNumberOut) {
  const std::vector<double> one = {2};
  const std::vector<double> two = {1, 3};
  const std::vector<double> negative = {-1, -1};
  const Difference single = DifferenceOf(one, two);
  EXPECT_EQ(single.difference, 0);
  EXPECT_EQ(single.ratio, 1);
  EXPECT_FALSE(single.interval.has_value());
  EXPECT_FALSE(single.ratio_interval.has_value());
  const Difference below = DifferenceOf(two, negative);
  EXPECT_TRUE(below.interval.has_value());
  EXPECT_FALSE(below.ratio.has_value());
  const Difference none = DifferenceOf({}, two);
  EXPECT_FALSE(none.first.has_value());
  EXPECT_TRUE(none.second.has_value());
  EXPECT_FALSE(none.difference.has_value());
}

TEST(DifferenceTest, EqualSamplesWithoutSpreadDifferByNothing) {
  const std::vector<double> same = {2, 2, 2};
  const Difference found = DifferenceOf(same, same);
  EXPECT_EQ(found.interval->low, 0);
  EXPECT_EQ(found.interval->high, 0);
}

TEST(CompareCellsTest, GroupsAreMatchedByTheirValues) {
  const auto cell = [](int64_t depth, std::vector<double> sample) {
    Cell made;
    made.group.resize(1);
    made.group[0].set_integer(depth);
    made.sample = std::move(sample);
    return made;
  };
  const CellTable first = {.by = {"depth"},
                           .cells = {cell(1, {1}), cell(2, {2}), cell(5, {5})}};
  const CellTable second = {
      .by = {"depth"},
      .cells = {cell(3, {9}), cell(2, {4}), cell(5, {INFINITY})}};
  const std::vector<ComparedCell> rows = CompareCells(first, second);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_FALSE(rows[0].second.has_value());
  EXPECT_EQ(rows[1].second, 1u);
  EXPECT_EQ(rows[1].difference.ratio, 2);
  // A repetition that does not arrive makes no number.
  EXPECT_FALSE(rows[2].difference.second.has_value());
  EXPECT_FALSE(rows[3].first.has_value());
  EXPECT_EQ(rows[3].group[0].integer(), 3);
}

}  // namespace
}  // namespace fathom::client
