// Lanes of linear maps that go on from states, against undisturbed ones.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/cut_runs.h"
#include "tests/worker/engine/linear/random_trial.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/linear/linear_engine.h"

namespace fathom::worker {
namespace {

using test::CutLane;
using test::Cutter;
using test::ExpectCutsChangeNothing;
using test::ExpectSameBits;
using test::Recorder;
using test::RunAll;
using test::RunInPieces;
using test::SmallProblem;
using test::SmallTrial;

constexpr v1::OptimizerName kRules[] = {
    v1::OPTIMIZER_NAME_GD,       v1::OPTIMIZER_NAME_MOMENTUM,
    v1::OPTIMIZER_NAME_NESTEROV, v1::OPTIMIZER_NAME_ADAGRAD,
    v1::OPTIMIZER_NAME_ADADELTA, v1::OPTIMIZER_NAME_RMSPROP,
    v1::OPTIMIZER_NAME_ADAM};

// A trial that measures whatever keeps something from one step to the next.
v1::TrialSpec Trial(v1::ModelFamily family, int depth, v1::OptimizerName rule) {
  v1::TrialSpec trial = SmallTrial(4, depth, 0.02, 11);
  trial.set_seed(3);
  v1::ModelSpec& model = *trial.mutable_model();
  model.set_family(family);
  model.mutable_init()->set_std(0.5);
  if (family == v1::MODEL_FAMILY_LINEAR_NET) model.set_hidden_width(4);
  if (family == v1::MODEL_FAMILY_END_TO_END) model.set_order(depth - 0.5);
  v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
  optimizer.set_name(rule);
  optimizer.set_momentum(0.9);
  optimizer.set_beta1(0.9);
  optimizer.set_beta2(0.999);
  optimizer.set_rho(0.9);
  optimizer.set_epsilon(1e-8);
  optimizer.set_initial_accumulator(0.1);
  optimizer.set_weight_decay(0.01);
  v1::RecordSpec& record = *trial.mutable_record();
  for (const v1::Metric metric :
       {v1::METRIC_GRADIENT_NORM, v1::METRIC_BALANCEDNESS,
        v1::METRIC_SINGULAR_MIN, v1::METRIC_E2E_DEVIATION,
        v1::METRIC_AZIMUTH_SHARE}) {
    record.add_metrics(metric);
  }
  if (family == v1::MODEL_FAMILY_SCALAR_PRODUCT || depth == 1) {
    for (const v1::Metric metric :
         {v1::METRIC_WARMUP_RHO, v1::METRIC_WARMUP_GAMMA,
          v1::METRIC_WARMUP_GROWTH, v1::METRIC_WARMUP_RESIDUAL}) {
      record.add_metrics(metric);
    }
  }
  return trial;
}

class LinearRulesTest : public ::testing::TestWithParam<v1::OptimizerName> {};

INSTANTIATE_TEST_SUITE_P(Rules, LinearRulesTest, ::testing::ValuesIn(kRules));

// Every model with every rule, with all data and in batches of every order, in
// both precisions, with a rate that stays and one that moves.
TEST_P(LinearRulesTest, ATrialThatGoesOnHasTheBitsOfAnUndisturbedOne) {
  for (const int outputs : {1, 3}) {
    const Problem problem = SmallProblem(20, 4, outputs);
    for (const auto& [family, depth] :
         {std::pair(v1::MODEL_FAMILY_LINEAR_NET, 1),
          std::pair(v1::MODEL_FAMILY_LINEAR_NET, 3),
          std::pair(v1::MODEL_FAMILY_SCALAR_PRODUCT, 2),
          std::pair(v1::MODEL_FAMILY_END_TO_END, 3)}) {
      v1::TrialSpec trial = Trial(family, depth, GetParam());
      v1::OptimizerSpec& optimizer = *trial.mutable_optimizer();
      for (int order = 0; order < v1::BatchOrder_ARRAYSIZE; ++order) {
        // Order 0 stands for all data.
        optimizer.set_batch_size(order == 0 ? 0 : 6);
        optimizer.set_batch_order(static_cast<v1::BatchOrder>(order));
        const bool moves = order % 2 == 1;
        v1::ScheduleSpec& schedule = *optimizer.mutable_schedule();
        schedule.set_name(moves ? v1::SCHEDULE_NAME_COSINE
                                : v1::SCHEDULE_NAME_CONSTANT);
        schedule.set_unit(v1::SCHEDULE_UNIT_STEPS);
        schedule.set_warm_up(moves ? 4 : 0);
        trial.set_precision(order >= 2 ? v1::PRECISION_FLOAT
                                       : v1::PRECISION_DOUBLE);
        SCOPED_TRACE(trial.ShortDebugString());
        ExpectCutsChangeNothing(LinearEngine(), problem, trial);
        if (HasFatalFailure() || HasNonfatalFailure()) return;
      }
    }
  }
}

// Trials that diverge, succeed, stop or fail, in bundles that are cut anywhere,
// also where the engine prepares something, and that come together anew.
TEST(LinearStatesTest, BundlesMayBeCutAnywhereAndComeTogetherAnew) {
  std::mt19937_64 random(7);
  std::vector<int> outcomes(v1::TrialState_ARRAYSIZE);
  for (int round = 0; round < 60; ++round) {
    const Problem problem =
        SmallProblem(30, 5, 1 + static_cast<int32_t>(test::Below(3, random)));
    std::vector<v1::TrialSpec> trials(1 + test::Below(6, random));
    for (v1::TrialSpec& trial : trials) {
      trial = test::RandomTrial(/*classes=*/false, random);
      if (round % 3 == 0) trial.mutable_record()->set_points(2);
    }
    Recorder undisturbed = RunAll(problem, trials);
    std::vector<Cutter::Cut> cuts(1 + test::Below(4, random));
    for (Cutter::Cut& cut : cuts) {
      cut.calls = 1 + static_cast<int64_t>(test::Below(40, random));
    }
    const std::vector<CutLane> lanes = RunInPieces(
        LinearEngine(), problem, trials, cuts, [&](std::vector<size_t> left) {
          std::shuffle(left.begin(), left.end(), random);
          return left;
        });
    for (size_t i = 0; i < trials.size(); ++i) {
      SCOPED_TRACE(trials[i].ShortDebugString());
      ExpectSameBits(undisturbed.lanes[static_cast<int>(i)], lanes[i].told);
      ++outcomes[lanes[i].told.results.at(0).outcome()];
    }
    if (HasNonfatalFailure()) return;
  }
  EXPECT_GT(outcomes[v1::TRIAL_STATE_SUCCEEDED], 20);
  EXPECT_GT(outcomes[v1::TRIAL_STATE_DIVERGED], 10);
  EXPECT_GT(outcomes[v1::TRIAL_STATE_STOPPED], 5);
}

TEST(LinearStatesTest, LanesOfABundleMayGoOnFromDifferentSteps) {
  const Problem problem = SmallProblem(40, 6, 2);
  std::vector<v1::TrialSpec> trials;
  std::vector<CutLane> lanes(6);
  std::vector<CutLane*> places;
  for (int i = 0; i < 6; ++i) {
    trials.push_back(
        Trial(v1::MODEL_FAMILY_LINEAR_NET, 2, kRules[i % std::size(kRules)]));
    // Two share their batches, two have others.
    trials[i].mutable_optimizer()->set_batch_size(i < 4 ? 7 : 0);
    trials[i].mutable_optimizer()->set_batch_seed(i / 2);
  }
  Recorder undisturbed = RunAll(problem, trials);
  for (int i = 0; i < 6; ++i) {
    Cutter cutter({&lanes[i]}, {.steps = 3 * (i / 2) + i % 2});
    LinearEngine().Run(problem, {&trials[i], 1}, cutter);
    cutter.Leave();
    EXPECT_EQ(lanes[i].step, 3 * (i / 2) + i % 2);
    places.push_back(&lanes[i]);
  }
  Cutter together(places, {});
  LinearEngine().Run(problem, trials, together);
  for (int i = 0; i < 6; ++i) {
    ExpectSameBits(undisturbed.lanes[i], lanes[i].told);
  }
}

// A step before the one at which it is known to diverge, no number of the state
// needs to be finite.
TEST(LinearStatesTest, ATrialGoesOnToDivergeWhereItWould) {
  const Problem problem = SmallProblem(20, 4, 2);
  v1::TrialSpec trial = SmallTrial(6, 3, 30, 400);
  trial.set_seed(1);
  trial.mutable_stop()->set_diverge_factor(1e300);
  Recorder undisturbed = RunAll(problem, {trial});
  const v1::TrialResult& result = undisturbed.result(0);
  ASSERT_EQ(result.outcome(), v1::TRIAL_STATE_DIVERGED);
  ASSERT_GT(result.steps(), 1);
  ExpectCutsChangeNothing(LinearEngine(), problem, trial);
}

// A run may stop between two lanes of a step, of which one has taken it.
TEST(LinearStatesTest, LanesThatLookAtSamplesMayBeCutBetween) {
  v1::DataSpec spec;
  spec.mutable_test()->set_rows(10);
  spec.mutable_validation()->set_rows(5);
  const Problem problem = SmallProblem(40, 4, 2, spec);
  std::vector<v1::TrialSpec> trials;
  for (const v1::OptimizerName rule :
       {v1::OPTIMIZER_NAME_ADAM, v1::OPTIMIZER_NAME_GD,
        v1::OPTIMIZER_NAME_MOMENTUM}) {
    trials.push_back(Trial(v1::MODEL_FAMILY_LINEAR_NET, 2, rule));
    v1::RecordSpec& record = *trials.back().mutable_record();
    record.add_metrics(v1::METRIC_TEST_LOSS);
    record.add_metrics(v1::METRIC_VALIDATION_ERROR);
    record.mutable_evaluate()->set_points(4);
    record.mutable_evaluate()->set_spacing(v1::RECORD_SPACING_LINEAR);
    trials.back().set_steps(7);
  }
  trials[2].mutable_record()->clear_evaluate();
  trials[1].mutable_stop()->set_loss_below(1e9);  // Ends at once.
  Recorder undisturbed = RunAll(problem, trials);
  EXPECT_GT(undisturbed.lanes[0].evaluations.size(), 3u);
  const auto calls = static_cast<int64_t>(undisturbed.progress.size());
  int apart = 0;
  for (int64_t call = 1; call <= calls; ++call) {
    SCOPED_TRACE(call);
    std::vector<CutLane> cut(trials.size());
    Cutter cutter({&cut[0], &cut[1], &cut[2]}, {.calls = call});
    LinearEngine().Run(problem, trials, cutter);
    cutter.Leave();
    EXPECT_TRUE(cut[2].state.has_value() || call == calls);
    if (cut[0].step != cut[2].step) ++apart;
    const std::vector<CutLane> lanes = RunInPieces(
        LinearEngine(), problem, trials, {{.calls = call}, {.calls = 2}});
    for (size_t i = 0; i < trials.size(); ++i) {
      test::ExpectSameRun(undisturbed.lanes[static_cast<int>(i)],
                          lanes[i].told);
    }
    if (HasNonfatalFailure()) return;
  }
  EXPECT_GT(apart, 3);
}

TEST(LinearStatesTest, UpdatesBeforeTheStateCountAsTaken) {
  const Problem problem = SmallProblem(20, 4, 1);
  const std::vector<v1::TrialSpec> trials(3, SmallTrial(2, 2, 0.01, 9));
  std::vector<CutLane> lanes(3);
  std::vector<CutLane*> places;
  for (int i = 0; i < 3; ++i) {
    if (i > 0) {
      Cutter cutter({&lanes[i]}, {.steps = 2 * i});
      LinearEngine().Run(problem, {&trials[i], 1}, cutter);
      cutter.Leave();
    }
    places.push_back(&lanes[i]);
  }
  class Steps final : public Cutter {
   public:
    using Cutter::Cutter;
    bool KeepGoing(int64_t steps) override {
      all.push_back(steps);
      return Cutter::KeepGoing(steps);
    }
    std::vector<int64_t> all;
  };
  Steps steps(places, {});
  LinearEngine().Run(problem, trials, steps);
  ASSERT_FALSE(steps.all.empty());
  EXPECT_EQ(steps.all.front(), 2 + 4);
  EXPECT_EQ(steps.all.back(), 27);
  EXPECT_EQ(std::ssize(steps.all), 10 + 8 + 6) << "one call for each step";
}

}  // namespace
}  // namespace fathom::worker
