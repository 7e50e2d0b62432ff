#include "worker/data/generate.h"

#include <cmath>
#include <vector>

#include "Eigen/Dense"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "worker/data/problem.h"

namespace fathom {
namespace {

using RowMajor =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

v1::SyntheticData Normalized(int64_t rows, int32_t columns) {
  v1::SyntheticData spec;
  spec.set_rows(rows);
  spec.set_columns(columns);
  spec.set_outputs(1);
  spec.set_spectrum(v1::SPECTRUM_SHAPE_GEOMETRIC);
  spec.set_condition(1);
  spec.set_top_eigenvalue(1);
  spec.set_noise(0);
  return spec;
}

Eigen::Map<const RowMajor> Features(const Dataset& data) {
  return {data.x.data(), data.rows, data.columns};
}
Eigen::Map<const RowMajor> Targets(const Dataset& data) {
  return {data.y.data(), data.rows, data.targets};
}

TEST(SpectrumTest, FallsFromTheTopByTheConditionNumber) {
  v1::SyntheticData spec = Normalized(10, 3);
  spec.set_top_eigenvalue(4);
  spec.set_condition(100);
  std::vector<double> spectrum = Spectrum(spec);
  EXPECT_EQ(spectrum[0], 4);
  EXPECT_NEAR(spectrum[1], 0.4, 1e-15);
  EXPECT_NEAR(spectrum[2], 0.04, 1e-16);

  spec.set_spectrum(v1::SPECTRUM_SHAPE_LINEAR);
  spectrum = Spectrum(spec);
  EXPECT_EQ(spectrum[0], 4);
  EXPECT_NEAR(spectrum[1], 2.02, 1e-15);
  EXPECT_NEAR(spectrum[2], 0.04, 1e-15);
}

// Sample eigenvalues spread by about sqrt(d / m) around the true ones.
TEST(GenerateDatasetTest, CovarianceHasTheGivenSpectrum) {
  v1::SyntheticData spec = Normalized(40'000, 6);
  spec.set_condition(50);
  spec.set_top_eigenvalue(3);
  const auto data = GenerateDataset(spec);
  ASSERT_OK(data);
  const Eigen::MatrixXd covariance =
      Features(*data).transpose() * Features(*data) / spec.rows();
  const Eigen::VectorXd found =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(covariance).eigenvalues();
  const std::vector<double> expected = Spectrum(spec);
  for (int j = 0; j < 6; ++j) {
    EXPECT_NEAR(found[5 - j] / expected[j], 1, 0.05) << j;
  }
  // The axes are rotated.
  EXPECT_GT(std::fabs(covariance(0, 1)), 0.01);
}

TEST(GenerateDatasetTest, NoiselessTargetsAreLinearInTheFeatures) {
  v1::SyntheticData spec = Normalized(50, 8);
  spec.set_outputs(3);
  const auto data = GenerateDataset(spec);
  ASSERT_OK(data);
  const Eigen::MatrixXd solution = Features(*data).colPivHouseholderQr().solve(
      Eigen::MatrixXd(Targets(*data)));
  const Eigen::MatrixXd rest = Features(*data) * solution - Targets(*data);
  EXPECT_LT(rest.norm(), 1e-12);
  for (int o = 0; o < 3; ++o) EXPECT_NEAR(solution.col(o).norm(), 1, 1e-12);
  EXPECT_LT(std::fabs(solution.col(0).dot(solution.col(1))), 0.99);
}

TEST(GenerateDatasetTest, NoiseIsRelativeToTheLabelAndLeavesTheRestAlone) {
  v1::SyntheticData spec = Normalized(20'000, 4);
  spec.set_top_eigenvalue(25);
  const auto clean = GenerateDataset(spec);
  spec.set_noise(0.5);
  const auto noisy = GenerateDataset(spec);
  ASSERT_OK(clean);
  ASSERT_OK(noisy);
  EXPECT_EQ(clean->x, noisy->x);
  const Eigen::MatrixXd noise = Targets(*noisy) - Targets(*clean);
  EXPECT_NEAR(noise.norm() / Targets(*clean).norm(), 0.5, 0.02);
}

TEST(GenerateDatasetTest, SeedDecidesEverything) {
  v1::SyntheticData spec = Normalized(21, 5);
  spec.set_noise(0.1);
  const auto a = GenerateDataset(spec);
  const auto b = GenerateDataset(spec);
  spec.set_seed(1);
  const auto c = GenerateDataset(spec);
  ASSERT_OK(a);
  EXPECT_EQ(a->x, b->x);
  EXPECT_EQ(a->y, b->y);
  EXPECT_NE(a->x, c->x);
}

TEST(GenerateDatasetTest, OneFeatureIsEnough) {
  EXPECT_OK(GenerateDataset(Normalized(10, 1)));
}

TEST(GenerateDatasetTest, RefusesWhatWouldNotFitIntoMemory) {
  EXPECT_THAT(GenerateDataset(Normalized(10'000'000, 100'000)),
              test::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(GenerateDataset(Normalized(10, 100'000)),
              test::StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(GenerateProblemTest, GeneratedDataIsPreparedAsAsked) {
  v1::DataSpec spec;
  *spec.mutable_synthetic() = Normalized(100, 3);
  spec.set_standardize(true);
  spec.set_standardize_targets(true);
  const auto problem = GenerateProblem(spec);
  ASSERT_OK(problem);
  double squares = 0;
  for (const double y : problem->y) squares += y * y;
  EXPECT_NEAR(squares / 100, 1, 1e-13);
}

}  // namespace
}  // namespace fathom
