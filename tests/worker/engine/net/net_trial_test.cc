#include "worker/engine/net/net_trial.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/net/nets.h"
#include "worker/engine/net/net_engine.h"
#include "worker/kernel/isa.h"

// Training of conv_nets as a whole.
namespace fathom::worker {
namespace {

using test::ExpectSameBits;
using test::Images;
using test::Recorder;
using test::SmallNet;
using test::Train;
using ::testing::HasSubstr;

TEST(NetTrialTest, LearnsToTellClassesApart) {
  const Problem problem = Images(90, 6);
  for (const int depth : {1, 2, 3}) {
    v1::TrialSpec trial = SmallNet(depth, 300);
    if (depth == 3) trial.mutable_model()->mutable_dense1()->set_std(0.4);
    Recorder recorder = Train(problem, {trial});
    const v1::TrialResult& result = recorder.result(0);
    EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_SUCCEEDED);
    EXPECT_EQ(result.steps(), 300);
    const auto& points = recorder.lanes[0].points;
    ASSERT_EQ(points.size(), 9u);
    const std::vector<double>& first = points.at(0);
    const std::vector<double>& last = points.at(300);
    EXPECT_LT(last[0], 0.3 * first[0]) << depth;
    EXPECT_GT(last[1], 0.95);
    EXPECT_EQ(last[0], result.final_loss());
    for (const auto& [step, values] : points) {
      EXPECT_NEAR(values[2], values[3] + values[4], 1e-12);
      EXPECT_GT(values[4], 0);
    }
  }
}

// 6 x 6 images, 3 x 3 kernels to 4 channels, 2 x 2 pooling, 8 units, 3 classes.
TEST(NetTrialTest, WeightsAreCounted) {
  const Problem problem = Images(12, 6);
  Recorder plain = Train(problem, {SmallNet(1, 1)});
  EXPECT_EQ(plain.result(0).weights(), 4 * 9 + 4 + 36 * 8 + 8 + 8 * 3 + 3);
  Recorder deep = Train(problem, {SmallNet(2, 1)});
  EXPECT_EQ(deep.result(0).weights(), plain.result(0).weights() + 64 + 9);
}

TEST(NetTrialTest, BitsDoNotDependOnNeighboursOrInstructionSet) {
  const Problem problem = Images(40, 6);
  std::vector<v1::TrialSpec> trials;
  for (int i = 0; i < 6; ++i) {
    v1::TrialSpec trial = SmallNet(1 + i % 3, 20 + i);
    trial.set_seed(i / 2);
    trial.mutable_optimizer()->set_name(
        static_cast<v1::OptimizerName>(1 + i % 7));
    trial.mutable_optimizer()->set_beta1(0.9);
    trial.mutable_optimizer()->set_beta2(0.99);
    trial.mutable_optimizer()->set_rho(0.9);
    trial.mutable_optimizer()->set_epsilon(1e-6);
    trial.mutable_optimizer()->set_batch_order(
        static_cast<v1::BatchOrder>(i % 4));
    if (i >= 4) {  // A second convolution that is Winograd's.
      v1::ModelSpec& model = *trial.mutable_model();
      model.mutable_conv1()->set_channels(16);
      model.mutable_conv1()->set_pool(1);
      model.mutable_conv2()->set_channels(16);
      model.mutable_conv2()->set_kernel(5);
    }
    trials.push_back(trial);
  }
  Recorder together = Train(problem, trials);
  for (const kernel::Isa isa : kernel::kIsas) {
    if (!kernel::Supports(isa)) continue;
    kernel::ForceIsa(isa);
    for (size_t i = 0; i < trials.size(); ++i) {
      Recorder alone = Train(problem, {trials[i]});
      ExpectSameBits(alone.lanes[0], together.lanes[static_cast<int>(i)]);
    }
  }
  kernel::ForceIsa(kernel::BestIsa());
}

// Dropout and batches are functions of their seeds: a run that is cut short is
// the beginning of a longer one.
TEST(NetTrialTest, ALongerTrialBeginsLikeAShorterOne) {
  const Problem problem = Images(40, 6);
  v1::TrialSpec longer = SmallNet(2, 24);
  longer.mutable_record()->set_points(25);
  v1::TrialSpec shorter = longer;
  shorter.set_steps(12);
  shorter.mutable_record()->set_points(13);
  Recorder a = Train(problem, {longer});
  Recorder b = Train(problem, {shorter});
  for (int64_t step = 0; step < 12; ++step) {
    EXPECT_EQ(a.lanes[0].points.at(step), b.lanes[0].points.at(step)) << step;
  }
  v1::TrialSpec other = shorter;
  other.set_seed(1);
  Recorder c = Train(problem, {other});
  EXPECT_NE(c.lanes[0].points.at(5), b.lanes[0].points.at(5));
}

// Without hidden layers and with a feature that is 1 in place of the bias, a
// net is a linear map, which the linear engine trains in double.
TEST(NetTrialTest, ANetWithoutHiddenLayersIsALinearMap) {
  const Problem images = Images(40, 5);
  Problem extended;
  extended.rows = images.rows;
  extended.columns = images.columns + 1;
  extended.outputs = images.outputs;
  for (int64_t i = 0; i < images.rows; ++i) {
    const double* const row = &images.x[i * images.columns];
    extended.x.insert(extended.x.end(), row, row + images.columns);
    extended.x.push_back(1);
  }
  extended.y = images.y;
  for (const v1::OptimizerName name :
       {v1::OPTIMIZER_NAME_GD, v1::OPTIMIZER_NAME_MOMENTUM,
        v1::OPTIMIZER_NAME_NESTEROV, v1::OPTIMIZER_NAME_ADAGRAD,
        v1::OPTIMIZER_NAME_ADADELTA, v1::OPTIMIZER_NAME_RMSPROP,
        v1::OPTIMIZER_NAME_ADAM}) {
    for (const bool squares : {false, true}) {
      v1::TrialSpec net = SmallNet(1, 60);
      net.clear_regularizer();
      net.mutable_model()->set_conv(v1::CONVOLUTION_KIND_NONE);
      net.mutable_model()->mutable_dense1()->set_width(0);
      net.mutable_model()->mutable_output()->set_std(0);
      net.mutable_model()->mutable_output()->set_bias(0);
      net.mutable_model()->set_activation(v1::ACTIVATION_LINEAR);
      if (squares) {
        net.mutable_loss()->set_kind(v1::LOSS_KIND_LP);
        net.mutable_loss()->set_lp(2);
        net.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE_OVER_P);
      }
      v1::OptimizerSpec& optimizer = *net.mutable_optimizer();
      optimizer.set_name(name);
      optimizer.set_learning_rate(name == v1::OPTIMIZER_NAME_ADADELTA ? 1
                                                                      : 0.02);
      optimizer.set_weight_decay(0.01);
      optimizer.set_beta1(0.9);
      optimizer.set_beta2(0.99);
      optimizer.set_rho(0.9);
      optimizer.set_epsilon(1e-3);
      optimizer.mutable_schedule()->set_name(v1::SCHEDULE_NAME_COSINE);
      net.mutable_record()->clear_metrics();
      net.mutable_record()->add_metrics(v1::METRIC_LOSS);
      v1::TrialSpec linear = net;
      linear.mutable_model()->Clear();
      linear.mutable_model()->set_family(v1::MODEL_FAMILY_LINEAR_NET);
      linear.mutable_model()->set_depth(1);
      linear.mutable_model()->mutable_init()->set_scheme(
          v1::INIT_SCHEME_GAUSSIAN);
      linear.mutable_model()->mutable_init()->set_std(0);
      Recorder of_net = Train(images, {net});
      Recorder of_map = test::RunAll(extended, {linear});
      for (const auto& [step, values] : of_map.lanes[0].points) {
        EXPECT_NEAR(of_net.lanes[0].points.at(step)[0] / values[0], 1, 1e-5)
            << v1::OptimizerName_Name(name) << " step " << step;
      }
    }
  }
}

TEST(NetTrialTest, DivergenceIsAFinding) {
  const Problem problem = Images(40, 6);
  v1::TrialSpec trial = SmallNet(1, 200);
  trial.mutable_optimizer()->set_learning_rate(1e6);
  Recorder recorder = Train(problem, {trial, SmallNet(1, 5)});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_LT(recorder.result(0).steps(), 20);
  EXPECT_TRUE(recorder.result(0).has_final_loss());
  EXPECT_TRUE(std::isfinite(recorder.result(0).final_loss()));
  // Also where nobody asks for the loss of all samples.
  trial.mutable_record()->clear_metrics();
  trial.mutable_record()->add_metrics(v1::METRIC_BATCH_LOSS);
  Recorder batches = Train(problem, {trial});
  EXPECT_EQ(batches.result(0).outcome(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_TRUE(batches.result(0).has_final_loss());
  EXPECT_FALSE(batches.result(0).has_best_loss());
  EXPECT_EQ(recorder.result(1).outcome(), v1::TRIAL_STATE_SUCCEEDED);
}

TEST(NetTrialTest, AStopRuleLooksAtAllSamples) {
  const Problem problem = Images(90, 6);
  v1::TrialSpec trial = SmallNet(1, 300);
  trial.mutable_stop()->set_loss_below(0.7);
  trial.mutable_model()->mutable_dense1()->set_dropout(0);
  trial.mutable_optimizer()->set_batch_size(2);
  trial.mutable_optimizer()->set_learning_rate(0.01);
  trial.mutable_record()->set_points(301);
  Recorder recorder = Train(problem, {trial});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_STOPPED);
  EXPECT_LT(recorder.result(0).final_loss(), 0.7);
  // Before that a batch was below by chance, and the trial went on.
  bool by_chance = false;
  for (const auto& [step, values] : recorder.lanes[0].points) {
    if (step == recorder.result(0).steps()) continue;
    EXPECT_GE(values[0], 0.7) << step;
    by_chance = by_chance || values[3] < 0.7;
  }
  EXPECT_TRUE(by_chance);
}

TEST(NetTrialTest, WhatDoesNotFitFailsInWords) {
  const auto error = [](const Problem& problem, const v1::TrialSpec& trial) {
    Recorder recorder = Train(problem, {trial});
    EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_FAILED);
    return recorder.result(0).error();
  };
  const Problem images = Images(12, 6);
  v1::TrialSpec trial = SmallNet(1, 5);
  trial.mutable_model()->mutable_conv1()->set_pool(4);
  EXPECT_THAT(
      error(images, trial),
      HasSubstr(
          "model.conv1.pool: found pool 4 of conv1 on an image of 6 x 6"));
  trial = SmallNet(1, 5);
  trial.mutable_model()->mutable_conv1()->set_kernel(7);
  EXPECT_THAT(error(images, trial), HasSubstr("kernel 7"));
  trial = SmallNet(1, 5);
  trial.mutable_model()->mutable_image()->set_channels(5);
  EXPECT_THAT(error(images, trial), HasSubstr("found 36 features"));
  trial = SmallNet(1, 5);
  trial.mutable_optimizer()->set_batch_size(13);
  EXPECT_THAT(error(images, trial), HasSubstr("expected 1 to 12, the samples"));
  v1::DataSpec numbers;
  Dataset data = {.rows = 4, .columns = 36, .targets = 1, .x = {}, .y = {}};
  data.x.resize(4 * 36);
  data.x[5] = 1;
  data.y = {0.5, 1, 2, 3};
  trial = SmallNet(1, 5);
  trial.mutable_optimizer()->set_batch_size(2);
  EXPECT_THAT(error(PrepareProblem(numbers, data).value(), trial),
              HasSubstr("targets that are 0 or 1"));
}

TEST(NetTrialTest, StopsWhenItIsTold) {
  const Problem problem = Images(40, 6);
  Recorder recorder(7);
  const v1::TrialSpec trial = SmallNet(1, 1000);
  NetEngine().Run(problem, {&trial, 1}, recorder);
  EXPECT_TRUE(recorder.lanes[0].results.empty());
  EXPECT_EQ(recorder.progress.size(), 8u);
}

TEST(NetTrialTest, BytesAreBoundedFromAbove) {
  const v1::TrialSpec trial = SmallNet(2, 5);
  const DataShape shape = {.rows = 40, .columns = 36, .outputs = 3};
  const double bytes = NetEngine().LaneBytes(trial, shape);
  EXPECT_GT(bytes, 64 * 36 * 16 * 4);
  EXPECT_LT(bytes, 4e6);
  EXPECT_GT(NetEngine().StepFlops(trial, shape), 1e4);
}

}  // namespace
}  // namespace fathom::worker
