#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/rate_schedule.h"

// Learning-rate schedules in training, against what gradient descent does with
// a rate of its own in every step.
namespace fathom::worker {
namespace {

using test::ExpectSameBits;
using test::Recorder;
using test::RunAll;
using test::SmallProblem;
using test::SmallTrial;

// A trial with a warm-up and a decay.
v1::TrialSpec ScheduledTrial(int depth, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(2, depth, 0.05, steps);
  v1::ScheduleSpec& schedule = *trial.mutable_optimizer()->mutable_schedule();
  schedule.set_name(v1::SCHEDULE_NAME_EXPONENTIAL);
  schedule.set_decay(0.97);
  schedule.set_warm_up(10);
  return trial;
}

// Squared error over one feature is (a w - b)^2 / 2 and a constant, so the
// excess loss falls by (1 - eta_t a)^2 in step t: a closed form.
TEST(SchedulesTest, EveryStepOfAQuadraticHasItsOwnRate) {
  const Problem problem = SmallProblem(30, 1, 1);
  double a = 0;
  for (const double x : problem.x) a += x * x;
  a /= static_cast<double>(problem.rows);
  v1::TrialSpec trial = ScheduledTrial(1, 60);
  trial.mutable_optimizer()->set_learning_rate(0.5 / a);
  trial.mutable_record()->set_metrics(0, v1::METRIC_EXCESS_LOSS);
  Recorder recorder = RunAll(problem, {trial});
  const RateSchedule rates(trial.optimizer(), 60, problem.rows);
  auto& points = recorder.lanes[0].points;
  for (int step = 0; step < 20; ++step) {
    const double keep = 1 - rates.At(step) * a;
    EXPECT_NEAR(points[step + 1][0] / points[step][0], keep * keep, 1e-6)
        << step;
  }
}

// One of the rules that remember something: the velocity is summed without the
// rate, which scales the step alone.
TEST(SchedulesTest, MomentumIsScaledWhenItMoves) {
  const Problem problem = SmallProblem(30, 1, 1);
  double a = 0;
  double b = 0;
  for (int64_t i = 0; i < problem.rows; ++i) {
    a += problem.x[i] * problem.x[i];
    b += problem.x[i] * problem.y[i];
  }
  a /= static_cast<double>(problem.rows);
  b /= static_cast<double>(problem.rows);
  v1::TrialSpec trial = ScheduledTrial(1, 40);
  trial.mutable_optimizer()->set_name(v1::OPTIMIZER_NAME_MOMENTUM);
  trial.mutable_optimizer()->set_momentum(0.5);
  trial.mutable_record()->set_metrics(0, v1::METRIC_WEIGHT_NORM);
  Recorder recorder = RunAll(problem, {trial});
  auto& points = recorder.lanes[0].points;
  const RateSchedule rates(trial.optimizer(), 40, problem.rows);
  // The norm does not say the sign of the start: one of the two fits all of it.
  double best = 1e9;
  for (const double sign : {-1.0, 1.0}) {
    double w = sign * points[0][0];
    double v = 0;
    double worst = 0;
    for (int step = 0; step <= 40; ++step) {
      worst = std::fmax(worst, std::fabs(std::fabs(w) - points[step][0]));
      v = 0.5 * v + (a * w - b);
      w -= rates.At(step) * v;
    }
    best = std::fmin(best, worst);
  }
  EXPECT_LT(best, 1e-12);
}

TEST(SchedulesTest, AConstantScheduleChangesNoBit) {
  const Problem problem = SmallProblem(40, 7, 2);
  for (const v1::OptimizerName name :
       {v1::OPTIMIZER_NAME_GD, v1::OPTIMIZER_NAME_ADAM}) {
    v1::TrialSpec plain = SmallTrial(4, 2, 0.01, 50);
    plain.mutable_optimizer()->set_name(name);
    plain.mutable_optimizer()->set_weight_decay(0.1);
    plain.mutable_optimizer()->set_epsilon(1e-8);
    v1::TrialSpec scheduled = plain;
    v1::ScheduleSpec& schedule =
        *scheduled.mutable_optimizer()->mutable_schedule();
    schedule.set_name(v1::SCHEDULE_NAME_EXPONENTIAL);
    schedule.set_decay(1);  // Set anew in each step, to the same.
    Recorder recorder = RunAll(problem, {plain, scheduled});
    ExpectSameBits(recorder.lanes[0], recorder.lanes[1]);
  }
}

// What runs beside a trial has its rates as well: the rule of order 1 is
// gradient descent, and the warm-up trace of the direct model predicts it.
TEST(SchedulesTest, ShadowAndTraceFollowTheRates) {
  const Problem problem = SmallProblem(40, 5, 1);
  v1::TrialSpec trial = ScheduledTrial(1, 80);
  trial.mutable_record()->clear_metrics();
  trial.mutable_record()->add_metrics(v1::METRIC_E2E_DEVIATION);
  trial.mutable_record()->add_metrics(v1::METRIC_WARMUP_RHO);
  trial.mutable_record()->add_metrics(v1::METRIC_WARMUP_RESIDUAL);
  const RateSchedule rates(trial.optimizer(), 80, problem.rows);
  Recorder recorder = RunAll(problem, {trial});
  for (const auto& [step, values] : recorder.lanes[0].points) {
    EXPECT_LT(values[0], 1e-13) << step;
    if (step < 80) {
      EXPECT_EQ(values[1], rates.At(step)) << step;
    }
    EXPECT_LT(values[2], 1e-9) << step;
  }
}

// Depth 2 follows its rule up to terms of the second order in the rate.
TEST(SchedulesTest, TheRuleFollowsADeepNetThroughASchedule) {
  const Problem problem = SmallProblem(40, 5, 1);
  std::vector<double> deviations;
  for (const double rate : {0.02, 0.01}) {
    v1::TrialSpec trial = ScheduledTrial(2, 40);
    trial.mutable_optimizer()->set_learning_rate(rate);
    trial.mutable_model()->mutable_init()->set_scheme(v1::INIT_SCHEME_BALANCED);
    trial.mutable_model()->mutable_init()->set_norm(0.5);
    trial.mutable_record()->set_metrics(0, v1::METRIC_E2E_DEVIATION);
    Recorder recorder = RunAll(problem, {trial});
    deviations.push_back(recorder.lanes[0].points[40][0]);
  }
  EXPECT_LT(deviations[0], 0.01);
  EXPECT_GT(deviations[0], 3 * deviations[1]);
}

}  // namespace
}  // namespace fathom::worker
