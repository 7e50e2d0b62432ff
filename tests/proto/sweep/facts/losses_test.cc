#include "proto/sweep/facts/losses.h"

#include <string>

#include "gtest/gtest.h"
#include "proto/sweep/field_names.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/normalize.h"

namespace fathom {
namespace {

TEST(LossesTest, ANameFindsItsKindAndNothingElseDoes) {
  for (const LossFacts& facts : Losses()) {
    EXPECT_EQ(LossNamed(LossName(facts.kind)), facts.kind);
  }
  EXPECT_EQ(LossNamed("cross"), v1::LOSS_KIND_UNSPECIFIED);
  EXPECT_EQ(LossNamed(""), v1::LOSS_KIND_UNSPECIFIED);
}

TEST(LossesTest, EveryScalarFieldOfALossIsUsedByOne) {
  int fields = 0;
  for (const std::string& path : AxisFields()) {
    if (path.rfind("loss.", 0) != 0 || path == "loss.kind") continue;
    EXPECT_TRUE(IsLossField(path)) << path;
    ++fields;
  }
  for (const LossFacts& facts : Losses()) {
    for (const char* path : facts.fields) {
      EXPECT_EQ(std::string(path).rfind("loss.", 0), 0U) << path;
      FieldAt(path);  // Dies unless it is a field.
    }
  }
  EXPECT_GT(fields, 0);
}

TEST(LossesTest, AKindThatIsNotSetIsLp) {
  EXPECT_EQ(FindLoss(v1::LOSS_KIND_UNSPECIFIED), FindLoss(v1::LOSS_KIND_LP));
  EXPECT_TRUE(LossUsesField(v1::LOSS_KIND_UNSPECIFIED, "loss.lp"));
  v1::LossSpec loss;
  loss.set_lp(4);
  EXPECT_EQ(CanonicalLoss(loss).kind(), v1::LOSS_KIND_LP);
}

TEST(LossesTest, WhatAKindDoesNotUseMakesNoDifference) {
  v1::LossSpec plain, odd;
  plain.set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  odd = plain;
  odd.set_lp(4);
  odd.set_factor(v1::LOSS_FACTOR_ONE);
  EXPECT_EQ(CanonicalLoss(odd).SerializeAsString(),
            CanonicalLoss(plain).SerializeAsString());
  plain.set_kind(v1::LOSS_KIND_LP);
  odd.set_kind(v1::LOSS_KIND_LP);
  EXPECT_NE(CanonicalLoss(odd).SerializeAsString(),
            CanonicalLoss(plain).SerializeAsString());
}

TEST(LossesTest, ALossOfANewerProgramKeepsAllThatItSays) {
  v1::LossSpec loss;
  loss.set_kind(static_cast<v1::LossKind>(v1::LossKind_MAX + 1));
  loss.set_lp(3);
  EXPECT_EQ(FindLoss(loss.kind()), nullptr);
  EXPECT_EQ(CanonicalLoss(loss).SerializeAsString(), loss.SerializeAsString());
  EXPECT_FALSE(LossUsesField(loss.kind(), "loss.lp"));
}

TEST(LossesTest, ARoundingErrorCountsToThePowerOfTheLoss) {
  v1::LossSpec loss;
  loss.set_kind(v1::LOSS_KIND_LP);
  loss.set_lp(4);
  EXPECT_EQ(ResidualPower(loss), 4);
  loss.set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  EXPECT_EQ(ResidualPower(loss), 1);
}

}  // namespace
}  // namespace fathom
