// Trials on a matrix to complete, whole.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/kernel/eigen.h"

namespace fathom::worker {
namespace {

using test::Recorder;
using test::RunAll;
using test::SmallTrial;

Problem MakeProblem(int rows, int columns, int rank, int64_t observed) {
  v1::DataSpec spec;
  v1::CompletionData& data = *spec.mutable_completion();
  data.set_matrix_rows(rows);
  data.set_matrix_columns(columns);
  data.set_rank(rank);
  data.set_observed(observed);
  return GenerateProblem(spec).value();
}

v1::TrialSpec NetTrial(int depth, double learning_rate, int64_t steps) {
  v1::TrialSpec trial = SmallTrial(2, depth, learning_rate, steps);
  trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  trial.mutable_record()->add_metrics(v1::METRIC_RECONSTRUCTION_ERROR);
  return trial;
}

// With X = I / sqrt(k) and Y = M^T / sqrt(k), a mean over d samples of sums
// over k outputs is a mean over the k d entries.
TEST(CompletionTrialTest, AllEntriesKnownIsWhitenedRegression) {
  constexpr int kRows = 4;
  constexpr int kColumns = 6;
  const Problem completion = MakeProblem(kRows, kColumns, 2, 0);
  const kernel::ConstMatrix m = completion.completion->matrix();
  Dataset data;
  data.rows = kColumns;
  data.columns = kColumns;
  data.targets = kRows;
  for (int i = 0; i < kColumns; ++i) {
    for (int j = 0; j < kColumns; ++j) data.x.push_back(i == j ? 0.5 : 0);
    for (int r = 0; r < kRows; ++r) data.y.push_back(0.5 * m.row(r)[i]);
  }
  const auto whitened = PrepareProblem({}, data);
  ASSERT_OK(whitened);
  for (const int depth : {1, 2, 3}) {
    v1::TrialSpec trial = NetTrial(depth, 0.3, 200);
    trial.mutable_record()->set_metrics(1, v1::METRIC_WEIGHT_NORM);
    Recorder a = RunAll(completion, {trial});
    Recorder b = RunAll(*whitened, {trial});
    ASSERT_EQ(a.lanes[0].points.size(), 201u);
    for (const auto& [step, values] : a.lanes[0].points) {
      const std::vector<double>& other = b.lanes[0].points.at(step);
      EXPECT_NEAR(values[0], other[0], 1e-12 + 1e-9 * other[0]) << step;
      EXPECT_NEAR(values[1], other[1], 1e-9 * other[1]) << step;
    }
  }
}

TEST(CompletionTrialTest, BitsDoNotDependOnTheBundle) {
  const Problem problem = MakeProblem(5, 7, 2, 20);
  std::vector<v1::TrialSpec> trials;
  for (const double p : {2.0, 3.0, 4.0}) {
    for (const int depth : {1, 2, 3}) {
      v1::TrialSpec trial = NetTrial(depth, 0.05, 40 + 10 * depth);
      trial.mutable_loss()->set_lp(p);
      trials.push_back(trial);
    }
  }
  Recorder together = RunAll(problem, trials);
  std::reverse(trials.begin(), trials.end());
  Recorder reversed = RunAll(problem, trials);
  const int count = static_cast<int>(trials.size());
  for (int i = 0; i < count; ++i) {
    Recorder alone = RunAll(problem, {trials[count - 1 - i]});
    EXPECT_EQ(together.lanes[i].points, alone.lanes[0].points);
    EXPECT_EQ(reversed.lanes[count - 1 - i].points, alone.lanes[0].points);
  }
}

// What is not known is found by depth alone: at depth 1 an unknown entry keeps
// its start.
TEST(CompletionTrialTest, DepthRecoversWhatOneLayerCannot) {
  const Problem problem = MakeProblem(12, 12, 1, 72);
  std::vector<v1::TrialSpec> trials;
  for (const int depth : {1, 2, 3}) {
    v1::TrialSpec trial = NetTrial(depth, depth == 1 ? 20 : 0.5, 4000);
    trial.mutable_record()->set_points(2);
    trial.mutable_model()->mutable_init()->set_scheme(v1::INIT_SCHEME_BALANCED);
    trial.mutable_model()->mutable_init()->set_norm(1e-3);
    trials.push_back(trial);
  }
  Recorder recorder = RunAll(problem, trials);
  const auto last = [&](int lane) {
    return recorder.lanes[lane].points.rbegin()->second;
  };
  for (int lane = 0; lane < 3; ++lane) EXPECT_LT(last(lane)[0], 1e-3) << lane;
  EXPECT_GT(last(0)[1], 0.4);
  EXPECT_LT(last(1)[1], 0.1);
  EXPECT_LT(last(2)[1], 0.05);
}

v1::TrialSpec MarginTrial(int depth, double margin) {
  v1::TrialSpec trial = NetTrial(depth, 0.01, 1);
  trial.mutable_model()->mutable_init()->set_scheme(v1::INIT_SCHEME_BALANCED);
  trial.mutable_model()->mutable_init()->set_margin(margin);
  return trial;
}

TEST(CompletionTrialTest, MarginIsWhatIsLeftOfTheLeastSingularValue) {
  const Problem problem = MakeProblem(5, 4, 4, 0);
  const kernel::ConstMatrix m = problem.completion->matrix();
  const Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>> matrix(
      m.data, m.rows, m.columns);
  const double least =
      Eigen::JacobiSVD<Eigen::MatrixXd>(matrix).singularValues().minCoeff();
  for (const int depth : {1, 3}) {
    for (const double margin : {0.1, 0.75, 1.0}) {
      Recorder recorder = RunAll(problem, {MarginTrial(depth, margin)});
      const double distance = recorder.lanes[0].points.at(0)[1] * matrix.norm();
      EXPECT_NEAR(distance, (1 - margin) * least, 1e-12);
    }
  }
}

TEST(CompletionTrialTest, MarginNeedsFullRank) {
  const Problem problem = MakeProblem(5, 4, 3, 0);
  Recorder recorder = RunAll(problem, {MarginTrial(2, 0.5)});
  EXPECT_EQ(recorder.result(0).outcome(), v1::TRIAL_STATE_FAILED);
  EXPECT_NE(recorder.result(0).error().find("full rank, which is 4"),
            std::string::npos)
      << recorder.result(0).error();
}

}  // namespace
}  // namespace fathom::worker
