#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/worker/engine/linear/trials.h"
#include "worker/engine/linear/solve_optimum.h"

namespace fathom::worker {
namespace {

using test::Recorder;
using test::RunAll;
using test::SmallTrial;

constexpr char kPath[] = FATHOM_TEST_DATA_DIR "/ethanol/ethanol_2565x128.csv";

// Columns: source_batch, concentration_ppm (the target), f1 ... f128.
Dataset ReadEthanol() {
  Dataset data;
  data.columns = 128;
  data.targets = 1;
  std::ifstream file(kPath);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const char* at = line.c_str();
    for (int column = 0; column < 130; ++column) {
      char* end = nullptr;
      const double value = std::strtod(at, &end);
      at = end + 1;
      if (column == 1) data.y.push_back(value);
      if (column > 1) data.x.push_back(value);
    }
    ++data.rows;
  }
  return data;
}

// The excess over the least mean square, computed in closed form from the
// eigenvalues of the covariance and confirmed by the published figure.
TEST(EthanolTest, LinearModelLosesAsTheClosedFormSays) {
  if (!std::ifstream(kPath)) GTEST_SKIP() << kPath << " is not there";
  v1::DataSpec spec;
  spec.set_standardize(true);
  spec.set_standardize_targets(true);
  const auto problem = PrepareProblem(spec, ReadEthanol());
  ASSERT_OK(problem);
  ASSERT_EQ(problem->rows, 2565);
  ASSERT_EQ(problem->columns, 128);

  v1::TrialSpec trial = SmallTrial(2, 1, 0.01, 20'000);
  trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
  trial.mutable_model()->mutable_init()->set_std(0);
  trial.mutable_record()->set_points(2);
  trial.mutable_record()->add_at(5'000);
  Recorder recorder = RunAll(*problem, {trial});

  constexpr double kOptimum = 0.099986;
  const auto& points = recorder.lanes[0].points;
  EXPECT_NEAR(points.at(0)[0], 1, 1e-12);
  EXPECT_NEAR(points.at(5'000)[0] - kOptimum, 0.0308, 0.03 * 0.0308);
  EXPECT_NEAR(points.at(20'000)[0] - kOptimum, 0.0196, 0.03 * 0.0196);
}

// Mean r^p; found before with other programs.
TEST(EthanolTest, HasTheKnownOptima) {
  if (!std::ifstream(kPath)) GTEST_SKIP() << kPath << " is not there";
  v1::DataSpec spec;
  spec.set_standardize(true);
  spec.set_standardize_targets(true);
  const auto problem = PrepareProblem(spec, ReadEthanol());
  ASSERT_OK(problem);
  for (const auto& [p, known] :
       {std::pair(2.0, 0.099986), std::pair(4.0, 0.221416)}) {
    v1::TrialSpec trial = SmallTrial(p, 1, 0.01, 1);
    trial.mutable_loss()->set_factor(v1::LOSS_FACTOR_ONE);
    const auto optimum = SolveOptimum(*problem, trial, [] { return true; });
    ASSERT_OK(optimum);
    EXPECT_NEAR(optimum->value(), known, 5.1e-7) << p;
    EXPECT_LE(optimum->gap(), 1e-13) << p;
  }
}

}  // namespace
}  // namespace fathom::worker
