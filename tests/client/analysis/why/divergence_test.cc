#include "client/analysis/why/divergence.h"

#include <cmath>
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
  EXPECT_EQ(FindStableRate(trial)->rate, 0.5);
  trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  EXPECT_EQ(FindStableRate(trial)->rate, 0.25);
}

// Returns whether the rule at this rate brings x on l_2 of curvature `top`
// nearer to 0 in the end.
bool Settles(const v1::OptimizerSpec& rule, double top, double rate) {
  const double mu = rule.name() == v1::OPTIMIZER_NAME_GD ? 0 : rule.momentum();
  double w = 1;
  double v = 0;
  for (int step = 0; step < 20'000; ++step) {
    const double h = top * w + rule.weight_decay() * w;
    v = mu * v + h;
    w -= rate * (rule.name() == v1::OPTIMIZER_NAME_NESTEROV ? h + mu * v : v);
    if (std::abs(w) > 1e6) return false;
  }
  return std::abs(w) < 1e-6;
}

TEST(StableRateTest, TheRuleIsStableBelowItAndNotAbove) {
  for (const auto name : {v1::OPTIMIZER_NAME_GD, v1::OPTIMIZER_NAME_MOMENTUM,
                          v1::OPTIMIZER_NAME_NESTEROV}) {
    for (const double decay : {0.0, 0.7}) {
      v1::TrialSpec trial = Plain();
      trial.mutable_optimizer()->set_name(name);
      trial.mutable_optimizer()->set_momentum(0.6);
      trial.mutable_optimizer()->set_weight_decay(decay);
      const auto stable = FindStableRate(trial);
      ASSERT_TRUE(stable.has_value());
      EXPECT_TRUE(Settles(trial.optimizer(), 4, 0.99 * stable->rate)) << name;
      EXPECT_FALSE(Settles(trial.optimizer(), 4, 1.01 * stable->rate)) << name;
    }
  }
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
      [](v1::TrialSpec& t) {
        t.mutable_optimizer()->set_name(v1::OPTIMIZER_NAME_ADAM);
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
    EXPECT_FALSE(FindStableRate(trial).has_value()) << i;
  }
}

}  // namespace
}  // namespace fathom::client
