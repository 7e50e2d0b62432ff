#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/linear/solve_optimum.h"
#include "worker/kernel/eigen.h"

namespace fathom::worker {
namespace {

using test::Recorder;
using test::SmallProblem;
using test::SmallTrial;
using ::testing::HasSubstr;

constexpr int kLoss = 0, kExcess = 1;

v1::TrialSpec ExcessTrial(double p, double learning_rate, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(p, 1, learning_rate, steps);
  trial.mutable_record()->set_points(10);
  trial.mutable_record()->add_metrics(v1::METRIC_EXCESS_LOSS);
  return trial;
}

// Says of the optimum what it is told to say, and counts how often it is asked.
class KnowingRecorder final : public Recorder {
 public:
  explicit KnowingRecorder(absl::StatusOr<double> answer)
      : answer_(std::move(answer)) {}

  absl::StatusOr<double> FindOptimum(
      const v1::TrialSpec& /*trial*/,
      absl::FunctionRef<absl::StatusOr<v1::Optimum>()> /*solve*/,
      const std::function<bool()>& /*keep_going*/) override {
    ++asked;
    return answer_;
  }

  int asked = 0;

 private:
  const absl::StatusOr<double> answer_;
};

TEST(ExcessLossTest, IsTheLossAboveLeastSquares) {
  const Problem problem = SmallProblem(40, 5, 2);
  using RowMajor =
      Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> x(problem.x.data(), 40, 5);
  const Eigen::Map<const RowMajor> y(problem.y.data(), 40, 2);
  const Eigen::MatrixXd w = x.colPivHouseholderQr().solve(y);
  const double optimum = (x * w - y).squaredNorm() / 40;
  for (const auto& [factor, scale] :
       {std::pair(v1::LOSS_FACTOR_ONE, 1.0),
        std::pair(v1::LOSS_FACTOR_ONE_OVER_P, 0.5)}) {
    v1::TrialSpec trial = ExcessTrial(2, 0.01, 30);
    trial.mutable_loss()->set_factor(factor);
    Recorder recorder = test::RunAll(problem, {trial});
    for (const auto& [step, values] : recorder.lanes[0].points) {
      EXPECT_NEAR(values[kExcess], values[kLoss] - scale * optimum, 1e-13);
      EXPECT_GT(values[kExcess], 0);
    }
  }
}

TEST(ExcessLossTest, GoesToZeroAndNeverBelow) {
  const Problem problem = SmallProblem(40, 3, 1);
  for (const auto& [p, rate] : {std::pair(2.0, 0.5), std::pair(4.0, 0.3)}) {
    Recorder recorder = test::RunAll(problem, {ExcessTrial(p, rate, 20'000)});
    for (const auto& [step, values] : recorder.lanes[0].points) {
      EXPECT_GE(values[kExcess], -1e-14) << p << " " << step;
    }
    EXPECT_LT(recorder.lanes[0].points.rbegin()->second[kExcess], 1e-10) << p;
    EXPECT_GT(recorder.lanes[0].points.rbegin()->second[kLoss], 1e-5) << p;
  }
}

TEST(ExcessLossTest, AsksOncePerLossAndOnlyWhereItIsRecorded) {
  const Problem problem = SmallProblem(20, 3, 1);
  std::vector<v1::TrialSpec> trials(3, ExcessTrial(2, 0.01, 5));
  trials.push_back(ExcessTrial(4, 0.01, 5));
  trials.push_back(SmallTrial(6, 1, 0.01, 5));
  KnowingRecorder recorder(0.25);
  LinearEngine().Run(problem, trials, recorder);
  EXPECT_EQ(recorder.asked, 2);
  for (int lane = 0; lane < 4; ++lane) {
    for (const auto& [step, values] : recorder.lanes[lane].points) {
      EXPECT_EQ(values[kExcess], values[kLoss] - 0.25);
    }
  }
}

TEST(ExcessLossTest, ATrialWithoutItsOptimumFailsAlone) {
  const Problem problem = SmallProblem(20, 3, 1);
  KnowingRecorder recorder(absl::ResourceExhaustedError("too large"));
  LinearEngine().Run(problem,
                     {SmallTrial(2, 1, 0.01, 5), ExcessTrial(2, 0.01, 5),
                      ExcessTrial(2, 0.02, 5)},
                     recorder);
  Recorder alone = test::RunAll(problem, {SmallTrial(2, 1, 0.01, 5)});
  EXPECT_EQ(recorder.asked, 1);
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_SUCCEEDED);
  EXPECT_EQ(recorder.lanes[0].points, alone.lanes[0].points);
  for (const int lane : {1, 2}) {
    EXPECT_EQ(recorder.result(lane).outcome(), v1::TRIAL_STATE_FAILED);
    EXPECT_EQ(recorder.result(lane).error(), "excess_loss: too large");
  }
}

TEST(ExcessLossTest, ARunThatIsStoppedMeanwhileReportsNothing) {
  const Problem problem = SmallProblem(20, 3, 1);
  KnowingRecorder recorder(absl::CancelledError("cancelled"));
  LinearEngine().Run(
      problem, {ExcessTrial(2, 0.01, 5), SmallTrial(2, 1, 0.01, 5)}, recorder);
  EXPECT_TRUE(recorder.lanes.empty());
}

TEST(ExcessLossTest, TheObserverCanStopTheSearch) {
  const Problem problem = SmallProblem(200, 8, 1);
  Recorder recorder(/*stop_after=*/0);
  LinearEngine().Run(problem, {ExcessTrial(4, 0.01, 5)}, recorder);
  EXPECT_TRUE(recorder.lanes.empty());
  EXPECT_EQ(recorder.progress.size(), 1u);
}

TEST(ExcessLossTest, KnowsTheOptimumOfCrossEntropy) {
  Problem problem = SmallProblem(60, 2, 1);
  for (size_t i = 0; i < problem.y.size(); ++i) problem.y[i] = i % 3 == 0;
  v1::TrialSpec trial;
  trial.mutable_loss()->set_kind(v1::LOSS_KIND_CROSS_ENTROPY);
  const auto found = SolveOptimum(problem, trial, [] { return true; });
  ASSERT_OK(found);
  EXPECT_GT(found->value(), 0.3);
  EXPECT_LT(found->value(), std::log(2));  // The loss of W = 0.
  problem.y[0] = 2;
  const auto refused = SolveOptimum(problem, trial, [] { return true; });
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("sample 1"));
}

TEST(ExcessLossTest, TheOptimumAndItsGapAreInTheUnitOfTheLoss) {
  const Problem problem = SmallProblem(60, 4, 1);
  for (const double p : {1.5, 4.0, 8.0}) {
    v1::TrialSpec trial = ExcessTrial(p, 0.01, 5);
    trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
    const auto one = SolveOptimum(problem, trial, [] { return true; });
    ASSERT_OK(one);
    trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE_OVER_P);
    const auto over_p = SolveOptimum(problem, trial, [] { return true; });
    ASSERT_OK(over_p);
    EXPECT_GT(one->gap(), 0) << p;
    EXPECT_DOUBLE_EQ(over_p->value(), one->value() / p);
    EXPECT_DOUBLE_EQ(over_p->gap(), one->gap() / p);
    EXPECT_EQ(over_p->iterations(), one->iterations());
  }
}

TEST(ExcessLossTest, CompletionCanBeExact) {
  v1::TrialSpec trial = ExcessTrial(4, 0.01, 5);
  trial.mutable_data()->mutable_completion()->set_rank(1);
  const auto found = SolveOptimum(Problem(), trial, [] { return true; });
  ASSERT_OK(found);
  EXPECT_EQ(found->value(), 0);
  EXPECT_EQ(found->gap(), 0);
}

}  // namespace
}  // namespace fathom::worker
