#include "worker/engine/linear/linear_engine.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/kernel/eigen.h"

namespace fathom::worker {
namespace {

using test::ExpectSameBits;
using test::Recorder;
using test::RunAll;
using test::SmallProblem;
using test::SmallTrial;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Returns the minimizer of the squared error of a single output.
std::vector<double> LeastSquares(const Problem& problem) {
  const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic,
                                       Eigen::RowMajor>>
      x(problem.x.data(), problem.rows, problem.columns);
  const Eigen::Map<const Eigen::VectorXd> y(problem.y.data(), problem.rows);
  const Eigen::VectorXd w = x.colPivHouseholderQr().solve(y);
  return {w.data(), w.data() + w.size()};
}

// Lanes of every kind and fate.
std::vector<v1::TrialSpec> MixedTrials(int outputs) {
  std::vector<v1::TrialSpec> trials;
  for (const double p : {2, 4, 6}) {
    for (const int depth : {1, 2, 3}) {
      for (const double rate : {1e-3, 1e-2, 2.0}) {  // The last one diverges.
        v1::TrialSpec trial = SmallTrial(p, depth, rate, 40);
        trial.set_seed(trials.size());
        trial.mutable_model()->set_hidden_width(1 + trials.size() % 5);
        trial.set_steps(20 + trials.size() % 7);
        for (const v1::Metric metric :
             {v1::METRIC_LP_ERROR, v1::METRIC_GRADIENT_NORM,
              v1::METRIC_WEIGHT_NORM, v1::METRIC_BALANCEDNESS}) {
          trial.mutable_record()->add_metrics(metric);
        }
        trials.push_back(trial);
      }
    }
  }
  trials[4].mutable_stop()->set_loss_below(1e9);
  trials[7].mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  trials[10].mutable_optimizer()->set_weight_decay(0.1);
  // Every other rule, where gradient descent does not diverge.
  int rule = v1::OPTIMIZER_NAME_MOMENTUM;
  for (size_t i = 15; i < trials.size(); ++i) {
    if (i % 3 == 2 || !v1::OptimizerName_IsValid(rule)) continue;
    v1::OptimizerSpec& optimizer = *trials[i].mutable_optimizer();
    optimizer.set_name(static_cast<v1::OptimizerName>(rule++));
    optimizer.set_weight_decay(0.1);
    optimizer.set_momentum(0.9);
    optimizer.set_beta1(0.9);
    optimizer.set_beta2(0.999);
    optimizer.set_rho(0.9);
    optimizer.set_epsilon(1e-8);
  }
  EXPECT_EQ(rule, v1::OptimizerName_ARRAYSIZE);
  trials[12].mutable_model()->mutable_init()->set_scheme(
      v1::INIT_SCHEME_IDENTITY);
  // Fails: the end-to-end matrix has the wrong size.
  trials[13].mutable_model()->mutable_init()->set_scheme(
      v1::INIT_SCHEME_BALANCED);
  trials[13].mutable_model()->mutable_init()->add_end_to_end(1);
  return trials;
}

TEST(LinearEngineTest, StopsWhileTheDataAreReducedForSquaredErrors) {
  const Problem problem = SmallProblem(600, 200, 1);
  // Asked by the first lane's reduction alone: before there is any point.
  Recorder recorder(/*stop_after=*/2);
  LinearEngine().Run(problem, std::vector{SmallTrial(2, 1, 0.1, 10)}, recorder);
  EXPECT_TRUE(recorder.lanes.empty());
  EXPECT_EQ(recorder.progress.size(), 3u);
}

TEST(LinearEngineTest, BitsOfALaneDoNotDependOnItsNeighbours) {
  for (const int outputs : {1, 3}) {
    const Problem problem = SmallProblem(50, 9, outputs);
    std::vector<v1::TrialSpec> trials = MixedTrials(outputs);
    const int count = static_cast<int>(trials.size());
    Recorder together = RunAll(problem, trials);
    std::reverse(trials.begin(), trials.end());
    Recorder reversed = RunAll(problem, trials);
    std::reverse(trials.begin(), trials.end());
    std::vector<int> outcomes(v1::TrialState_ARRAYSIZE);
    for (int i = 0; i < count; ++i) {
      Recorder alone = RunAll(problem, {trials[i]});
      ExpectSameBits(together.lanes[i], alone.lanes[0]);
      ExpectSameBits(together.lanes[i], reversed.lanes[count - 1 - i]);
      ++outcomes[alone.result(0).outcome()];
    }
    EXPECT_GT(outcomes[v1::TRIAL_STATE_SUCCEEDED], 5);
    EXPECT_GT(outcomes[v1::TRIAL_STATE_DIVERGED], 5);
    EXPECT_EQ(outcomes[v1::TRIAL_STATE_STOPPED], 1);
    EXPECT_EQ(outcomes[v1::TRIAL_STATE_FAILED], 1);
  }
}

TEST(LinearEngineTest, SuccessfulTrialIsMeasuredFromItsStartToItsEnd) {
  const Problem problem = SmallProblem(30, 5, 1);
  Recorder recorder = RunAll(problem, {SmallTrial(2, 1, 0.1, 25)});
  const Recorder::Lane& lane = recorder.lanes[0];
  ASSERT_THAT(lane.points, SizeIs(26));
  const v1::TrialResult& result = recorder.result(0);
  EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_EQ(result.steps(), 25);
  EXPECT_EQ(result.final_loss(), lane.points.at(25)[0]);
  EXPECT_EQ(result.best_loss(), result.final_loss());
  EXPECT_EQ(result.best_step(), 25);
  EXPECT_LT(result.final_loss(), lane.points.at(0)[0]);
  EXPECT_GT(result.seconds(), 0);
  EXPECT_TRUE(result.error().empty());
}

// A net of zeros stays where it is: every loss is the least.
TEST(LinearEngineTest, OfEqualLossesTheFirstIsTheBest) {
  const Problem problem = SmallProblem(30, 5, 1);
  v1::TrialSpec trial = SmallTrial(2, 2, 0.1, 25);
  trial.mutable_model()->mutable_init()->set_std(0);
  Recorder recorder = RunAll(problem, {trial});
  const v1::TrialResult& result = recorder.result(0);
  ASSERT_EQ(result.steps(), 25);
  ASSERT_EQ(result.final_loss(), recorder.lanes[0].points.at(0)[0]);
  EXPECT_EQ(result.best_loss(), result.final_loss());
  EXPECT_EQ(result.best_step(), 0);
}

TEST(LinearEngineTest, DivergedTrialKeepsItsLastFiniteLossAndItsLastPoint) {
  const Problem problem = SmallProblem(30, 5, 1);
  v1::TrialSpec trial = SmallTrial(4, 2, 5.0, 1000);
  trial.mutable_record()->set_points(2);
  Recorder recorder = RunAll(problem, {trial});
  const v1::TrialResult& result = recorder.result(0);
  EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_LT(result.steps(), 100);
  EXPECT_TRUE(std::isfinite(result.final_loss()));
  EXPECT_EQ(recorder.lanes[0].points.rbegin()->first, result.steps());
  EXPECT_LE(result.best_loss(), result.final_loss());
}

TEST(LinearEngineTest, DivergenceIsMeasuredAgainstStartAndZeroMap) {
  const Problem problem = SmallProblem(30, 5, 1);
  // Starts at its least loss, from where weight decay draws it to zero.
  v1::TrialSpec shrinks = SmallTrial(2, 1, 0.1, 300);
  shrinks.mutable_optimizer()->set_weight_decay(9.9);
  shrinks.mutable_stop()->set_diverge_factor(1.0001);
  shrinks.mutable_model()->mutable_init()->set_scheme(v1::INIT_SCHEME_BALANCED);
  for (const double w : LeastSquares(problem)) {
    shrinks.mutable_model()->mutable_init()->add_end_to_end(w);
  }
  v1::TrialSpec grows = SmallTrial(2, 1, 2.5, 300);
  grows.mutable_stop()->set_diverge_factor(1.0001);
  grows.mutable_model()->mutable_init()->set_std(0);
  Recorder recorder = RunAll(problem, {shrinks, grows});

  const double zero_map_loss = recorder.lanes[1].points.at(0)[0];
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_GT(recorder.result(0).final_loss(),
            2 * recorder.lanes[0].points.at(0)[0]);
  const v1::TrialResult& result = recorder.result(1);
  EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_GT(result.final_loss(), 1.0001 * zero_map_loss);
  for (const auto& [step, values] : recorder.lanes[1].points) {
    if (step == result.steps()) break;
    EXPECT_LE(values[0], 1.0001 * zero_map_loss);
  }
}

TEST(LinearEngineTest, NonFiniteStartDivergesAtOnceWithoutAnyLoss) {
  v1::TrialSpec trial = SmallTrial(4, 1, 0.1, 10);
  trial.mutable_model()->mutable_init()->set_std(1e200);
  Recorder recorder = RunAll(SmallProblem(30, 5, 1), {trial});
  const v1::TrialResult& result = recorder.result(0);
  EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_EQ(result.steps(), 0);
  EXPECT_FALSE(result.has_final_loss());
  EXPECT_FALSE(result.has_best_loss());
  ASSERT_THAT(recorder.lanes[0].points, SizeIs(1));
  EXPECT_FALSE(std::isfinite(recorder.lanes[0].points.at(0)[0]));
}

TEST(LinearEngineTest, StoppedTrialEndsAtItsFirstLossBelowTheBound) {
  const Problem problem = SmallProblem(30, 5, 1);
  v1::TrialSpec trial = SmallTrial(2, 1, 0.1, 200);
  Recorder whole = RunAll(problem, {trial});
  const double bound = whole.lanes[0].points.at(57)[0];
  trial.mutable_stop()->set_loss_below(bound);
  trial.mutable_record()->set_points(2);
  Recorder recorder = RunAll(problem, {trial});
  const v1::TrialResult& result = recorder.result(0);
  EXPECT_EQ(result.outcome(), v1::TRIAL_STATE_STOPPED);
  EXPECT_EQ(result.steps(), 58);
  EXPECT_LT(result.final_loss(), bound);
  ASSERT_THAT(recorder.lanes[0].points, SizeIs(2));
  EXPECT_EQ(recorder.lanes[0].points.at(58)[0], result.final_loss());
}

TEST(LinearEngineTest, TrialThatDoesNotFitTheDataFailsAlone) {
  v1::TrialSpec wrong = SmallTrial(2, 2, 0.1, 10);
  wrong.mutable_model()->mutable_init()->set_scheme(v1::INIT_SCHEME_BALANCED);
  v1::TrialSpec narrow = wrong;
  wrong.mutable_model()->mutable_init()->add_end_to_end(1);
  narrow.mutable_model()->set_hidden_width(1);
  v1::TrialSpec huge = SmallTrial(2, 64, 0.1, 10);
  huge.mutable_model()->set_hidden_width(65536);
  Recorder recorder = RunAll(SmallProblem(30, 5, 2),
                             {wrong, SmallTrial(2, 1, 0.1, 10), narrow, huge});
  for (const int lane : {0, 2, 3}) {
    EXPECT_EQ(recorder.result(lane).outcome(), v1::TRIAL_STATE_FAILED);
    EXPECT_FALSE(recorder.result(lane).error().empty());
    EXPECT_THAT(recorder.lanes[lane].points, IsEmpty());
  }
  EXPECT_THAT(recorder.result(2).error(), HasSubstr("width 2 or more"));
  EXPECT_EQ(recorder.result(1).outcome(), v1::TRIAL_STATE_SUCCEEDED);
}

// Whoever runs it asks before, but a wrong number must not be recorded.
TEST(LinearEngineTest, TrialWithAMetricThatItDoesNotMeasureFailsAlone) {
  v1::TrialSpec trial = SmallTrial(2, 1, 0.1, 10);
  trial.mutable_record()->add_metrics(static_cast<v1::Metric>(1000));
  Recorder recorder =
      RunAll(SmallProblem(30, 5, 1), {trial, SmallTrial(2, 1, 0.1, 10)});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_FAILED);
  EXPECT_THAT(recorder.result(0).error(), HasSubstr("record.metrics"));
  EXPECT_EQ(recorder.result(1).outcome(), v1::TRIAL_STATE_SUCCEEDED);
}

TEST(LinearEngineTest, ProgressAscendsAndCountsEndedLanesAsDone) {
  const Problem problem = SmallProblem(30, 5, 1);
  v1::TrialSpec stops = SmallTrial(2, 1, 0.1, 1000);
  stops.mutable_stop()->set_loss_below(1e9);
  Recorder recorder = RunAll(
      problem, {SmallTrial(2, 1, 0.1, 10), stops, SmallTrial(2, 2, 0.1, 30)});
  ASSERT_FALSE(recorder.progress.empty());
  EXPECT_EQ(recorder.progress.front(), 0);
  EXPECT_TRUE(
      std::is_sorted(recorder.progress.begin(), recorder.progress.end()));
  EXPECT_EQ(recorder.progress.back(), 1040);
}

TEST(LinearEngineTest, ObserverCanStopTheRun) {
  const Problem problem = SmallProblem(30, 5, 1);
  Recorder recorder(7);
  LinearEngine().Run(problem, {SmallTrial(4, 1, 0.1, 100)}, recorder);
  EXPECT_THAT(recorder.lanes[0].points, SizeIs(7));
  EXPECT_THAT(recorder.lanes[0].results, IsEmpty());
}

TEST(LinearEngineTest, EmptyBundleIsDoneAtOnce) {
  EXPECT_THAT(RunAll(SmallProblem(30, 5, 1), {}).lanes, IsEmpty());
}

TEST(LinearEngineTest, FactorScalesLossAndGradientButNotTheError) {
  const Problem problem = SmallProblem(30, 5, 2);
  v1::TrialSpec trial = SmallTrial(4, 2, 0, 1);
  trial.mutable_record()->add_metrics(v1::METRIC_LP_ERROR);
  trial.mutable_record()->add_metrics(v1::METRIC_GRADIENT_NORM);
  v1::TrialSpec scaled = trial;
  scaled.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  Recorder recorder = RunAll(problem, {trial, scaled});
  const auto& a = recorder.lanes[0].points.at(0);
  const auto& b = recorder.lanes[1].points.at(0);
  EXPECT_EQ(b[0], 4 * a[0]);
  EXPECT_EQ(b[1], a[1]);
  EXPECT_EQ(b[0], b[1]);
  EXPECT_DOUBLE_EQ(b[2], 4 * a[2]);
}

}  // namespace
}  // namespace fathom::worker
