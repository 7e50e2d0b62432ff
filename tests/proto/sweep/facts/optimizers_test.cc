#include "proto/sweep/facts/optimizers.h"

#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

TEST(RuleFieldsTest, ARowNamesARuleAndAFieldOfTheOptimizerOnce) {
  std::set<std::pair<int, std::string>> seen;
  for (const RuleField& row : RuleFields()) {
    EXPECT_TRUE(seen.insert({row.rule, row.path}).second) << row.path;
    EXPECT_EQ(std::string(row.path).rfind("optimizer.", 0), 0U) << row.path;
    FieldAt(row.path);  // Dies unless it is a field.
    EXPECT_TRUE(IsRuleField(row.path));
    EXPECT_TRUE(UsesField(row.rule, row.path));
  }
}

TEST(RuleFieldsTest, WhatAllRulesUseBelongsToNone) {
  EXPECT_FALSE(IsRuleField("optimizer.learning_rate"));
  EXPECT_FALSE(UsesField(v1::OPTIMIZER_NAME_GD, "optimizer.momentum"));
  EXPECT_FALSE(UsesField(v1::OPTIMIZER_NAME_ADAM, "optimizer.rho"));
}

}  // namespace
}  // namespace fathom
