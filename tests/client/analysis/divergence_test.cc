#include "client/analysis/divergence.h"

#include <vector>

#include "gtest/gtest.h"
#include "proto/sweep/normalize.h"

namespace fathom::client {
namespace {

TEST(GrowthTest, GrowthBeginsAtTheLastMinimum) {
  const std::vector<int64_t> steps = {0, 1, 2, 4, 7};
  const auto growth = GrowthOf(steps, std::vector<double>{8, 9, 3, 12, 96});
  ASSERT_TRUE(growth.has_value());
  EXPECT_EQ(growth->from_step, 2);
  EXPECT_EQ(growth->from, 3);
  EXPECT_EQ(growth->to_step, 7);
  EXPECT_EQ(growth->to, 96);
  EXPECT_NEAR(growth->per_step, 2, 1e-12);  // 32 = 2^5.
}

TEST(GrowthTest, ACurveThatDoesNotGrowAtItsEndHasNone) {
  const std::vector<int64_t> steps = {0, 1, 2};
  EXPECT_FALSE(GrowthOf(steps, std::vector<double>{1, 3, 2}).has_value());
  EXPECT_FALSE(GrowthOf(steps, std::vector<double>{1, 2, 2}).has_value());
  EXPECT_FALSE(GrowthOf(steps, std::vector<double>{0, 1, 2}).has_value());
  EXPECT_FALSE(GrowthOf({}, {}).has_value());
}

v1::TrialSpec Plain() {
  v1::SweepSpec spec;
  spec.set_name("plain");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.mutable_data()->mutable_synthetic()->set_rows(20);
  trial.mutable_data()->mutable_synthetic()->set_columns(3);
  trial.mutable_data()->mutable_synthetic()->set_top_eigenvalue(4);
  trial.mutable_optimizer()->set_learning_rate(0.1);
  trial.set_steps(10);
  return Normalize(spec).trial();
}

TEST(StableRateTest, PlainRegressionHasTwoOverTheLargestEigenvalue) {
  v1::TrialSpec trial = Plain();
  EXPECT_EQ(StableRate(trial), 0.5);
  trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  EXPECT_EQ(StableRate(trial), 0.25);
}

TEST(StableRateTest, WhatChangesHessianOrStepMakesItUnknown) {
  const std::vector<void (*)(v1::TrialSpec&)> changes = {
      [](v1::TrialSpec& t) { t.mutable_model()->set_depth(2); },
      [](v1::TrialSpec& t) { t.mutable_loss()->set_lp(4); },
      [](v1::TrialSpec& t) {
        t.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
      },
      [](v1::TrialSpec& t) { t.mutable_data()->set_standardize(true); },
      [](v1::TrialSpec& t) { t.mutable_data()->mutable_test()->set_rows(2); },
      [](v1::TrialSpec& t) { t.mutable_data()->set_feature_scale(2); },
      [](v1::TrialSpec& t) { t.mutable_data()->clear_synthetic(); },
      [](v1::TrialSpec& t) { t.mutable_optimizer()->set_batch_size(5); },
      [](v1::TrialSpec& t) { t.mutable_optimizer()->set_weight_decay(0.1); },
      [](v1::TrialSpec& t) {
        t.mutable_optimizer()->set_name(v1::OPTIMIZER_NAME_MOMENTUM);
      },
      [](v1::TrialSpec& t) {
        t.mutable_optimizer()->mutable_schedule()->set_name(
            v1::SCHEDULE_NAME_COSINE);
      },
      [](v1::TrialSpec& t) { t.mutable_regularizer()->set_l2(0.1); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    v1::TrialSpec trial = Plain();
    changes[i](trial);
    EXPECT_FALSE(StableRate(trial).has_value()) << i;
  }
}

}  // namespace
}  // namespace fathom::client
