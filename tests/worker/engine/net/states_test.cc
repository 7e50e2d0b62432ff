// Nets that go on from states, against undisturbed ones.
#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/cut_runs.h"
#include "tests/worker/engine/net/nets.h"
#include "worker/engine/net/net_engine.h"

namespace fathom::worker {
namespace {

using test::CutLane;
using test::Cutter;
using test::ExpectCutsChangeNothing;
using test::ExpectSameBits;
using test::ImageData;
using test::Images;
using test::Prepared;
using test::Recorder;
using test::RunInPieces;
using test::SmallNet;
using test::Train;

class NetRulesTest : public ::testing::TestWithParam<v1::OptimizerName> {};

INSTANTIATE_TEST_SUITE_P(
    Rules, NetRulesTest,
    ::testing::Values(v1::OPTIMIZER_NAME_GD, v1::OPTIMIZER_NAME_MOMENTUM,
                      v1::OPTIMIZER_NAME_NESTEROV, v1::OPTIMIZER_NAME_ADAGRAD,
                      v1::OPTIMIZER_NAME_ADADELTA, v1::OPTIMIZER_NAME_RMSPROP,
                      v1::OPTIMIZER_NAME_ADAM));

v1::TrialSpec Trial(v1::OptimizerName rule) {
  v1::TrialSpec trial = SmallNet(2, 10);
  trial.mutable_model()->mutable_dense1()->set_dropout(0.5);
  v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
  optimizer.set_name(rule);
  optimizer.set_learning_rate(0.01);
  optimizer.set_beta1(0.9);
  optimizer.set_beta2(0.999);
  optimizer.set_rho(0.9);
  optimizer.set_epsilon(1e-8);
  optimizer.set_initial_accumulator(0.1);
  return trial;
}

TEST_P(NetRulesTest, ATrialThatGoesOnHasTheBitsOfAnUndisturbedOne) {
  v1::DataSpec spec;
  spec.mutable_test()->set_rows(12);
  const Problem problem = Prepared(ImageData(52, 6), spec);
  v1::TrialSpec trial = Trial(GetParam());
  trial.mutable_record()->add_metrics(v1::METRIC_TEST_ERROR);
  trial.mutable_record()->mutable_evaluate()->set_points(4);
  v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
  for (const v1::BatchOrder order :
       {v1::BATCH_ORDER_SHUFFLED, v1::BATCH_ORDER_IN_ORDER,
        v1::BATCH_ORDER_DRAWN}) {
    optimizer.set_batch_order(order);
    const bool moves = order != v1::BATCH_ORDER_SHUFFLED;
    optimizer.mutable_schedule()->set_name(moves ? v1::SCHEDULE_NAME_COSINE
                                                 : v1::SCHEDULE_NAME_CONSTANT);
    SCOPED_TRACE(trial.ShortDebugString());
    ExpectCutsChangeNothing(NetEngine(), problem, trial);
  }
}

// Where all samples are measured, a run may stop in the midst of a step: the
// step is then repeated as a whole.
TEST(NetStatesTest, BundlesMayBeCutAnywhereAndComeTogetherAnew) {
  const Problem problem = Images(150, 6);
  std::vector<v1::TrialSpec> trials;
  for (const v1::OptimizerName rule :
       {v1::OPTIMIZER_NAME_MOMENTUM, v1::OPTIMIZER_NAME_ADAM,
        v1::OPTIMIZER_NAME_ADADELTA}) {
    trials.push_back(Trial(rule));
    trials.back().set_steps(4);
    trials.back().mutable_record()->set_points(3);
  }
  trials[0].mutable_stop()->set_loss_below(1e9);  // Stops at once.
  trials.push_back(Trial(v1::OPTIMIZER_NAME_GD));
  trials.back().mutable_optimizer()->set_learning_rate(1e30);  // Diverges.
  trials.push_back(Trial(v1::OPTIMIZER_NAME_GD));
  trials.back().mutable_optimizer()->set_batch_size(1000);  // Fails.
  Recorder undisturbed = Train(problem, trials);
  EXPECT_EQ(undisturbed.result(0).outcome(), v1::TRIAL_STATE_STOPPED);
  EXPECT_EQ(undisturbed.result(3).outcome(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_EQ(undisturbed.result(4).outcome(), v1::TRIAL_STATE_FAILED);
  const auto calls = static_cast<int64_t>(undisturbed.progress.size());
  ASSERT_GT(calls, 30);
  std::mt19937 random(3);
  for (int64_t call = 1; call <= calls; ++call) {
    // Every call of the first run, and some of the second.
    const std::vector<CutLane> lanes =
        RunInPieces(NetEngine(), problem, trials,
                    {{.calls = call}, {.calls = 1 + call * 7 % 11}},
                    [&](std::vector<size_t> left) {
                      std::shuffle(left.begin(), left.end(), random);
                      return left;
                    });
    SCOPED_TRACE(call);
    for (size_t i = 0; i < trials.size(); ++i) {
      ExpectSameBits(undisturbed.lanes[static_cast<int>(i)], lanes[i].told);
    }
    if (HasNonfatalFailure()) return;
  }
}

TEST(NetStatesTest, AStopInTheMidstOfAStepLeavesItsBeginning) {
  const Problem problem = Images(150, 6);
  v1::TrialSpec trial = SmallNet(1, 4);
  trial.mutable_record()->set_points(5);
  Recorder undisturbed = Train(problem, {trial});
  const auto calls = static_cast<int64_t>(undisturbed.progress.size());
  ASSERT_GT(calls, 3 * trial.steps());
  for (int64_t call = 1; call <= calls; ++call) {
    CutLane lane;
    Cutter cutter({&lane}, {.calls = call});
    NetEngine().Run(problem, {&trial, 1}, cutter);
    cutter.Leave();
    ASSERT_TRUE(lane.state.has_value()) << call;
    EXPECT_EQ(lane.step, undisturbed.progress[call - 1]);
  }
}

TEST(NetStatesTest, UpdatesBeforeTheStateCountAsTaken) {
  const Problem problem = Images(40, 6);
  v1::TrialSpec trial = SmallNet(1, 9);
  trial.mutable_record()->clear_metrics();
  trial.mutable_record()->add_metrics(v1::METRIC_BATCH_LOSS);
  const std::vector<v1::TrialSpec> trials(2, trial);
  std::vector<CutLane> lanes(2);
  Cutter cutter({&lanes[1]}, {.steps = 5});
  NetEngine().Run(problem, {&trial, 1}, cutter);
  cutter.Leave();
  ASSERT_EQ(lanes[1].step, 5);
  class Steps final : public Cutter {
   public:
    using Cutter::Cutter;
    bool KeepGoing(int64_t steps) override {
      all.insert(steps);
      return Cutter::KeepGoing(steps);
    }
    std::set<int64_t> all;
  };
  Steps steps({&lanes[0], &lanes[1]}, {});
  NetEngine().Run(problem, trials, steps);
  EXPECT_THAT(steps.all, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14,
                                              15, 16, 17, 18));
}

}  // namespace
}  // namespace fathom::worker
