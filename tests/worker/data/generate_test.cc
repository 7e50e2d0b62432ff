#include "worker/data/generate.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "worker/data/problem.h"
#include "worker/kernel/eigen.h"

namespace fathom::worker {
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

TEST(SpectrumTest, BendKeepsBothEndsAndTheMiddle) {
  v1::SyntheticData spec = Normalized(10, 9);
  spec.set_condition(1e8);
  const std::vector<double> straight = Spectrum(spec);
  spec.set_spectrum_bend(1);
  EXPECT_EQ(Spectrum(spec), straight);
  spec.set_spectrum_bend(0.5);
  const std::vector<double> bent = Spectrum(spec);
  EXPECT_EQ(bent[0], 1);
  EXPECT_NEAR(bent[4] / 1e-4, 1, 1e-13);
  EXPECT_NEAR(bent[8] / 1e-8, 1, 1e-13);
  for (int j = 0; j < 8; ++j) EXPECT_GT(bent[j], bent[j + 1]);
  // u = 1/8 gives (1/7)^s / (1 + (1/7)^s), and the other end its mirror image.
  const double root = std::sqrt(1.0 / 7);
  EXPECT_NEAR(std::log10(bent[1]), -8 * root / (1 + root), 1e-12);
  EXPECT_NEAR(bent[1] * bent[7] / 1e-8, 1, 1e-12);
  spec.set_spectrum_bend(2);
  EXPECT_GT(Spectrum(spec)[1], straight[1]);
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

TEST(GenerateDatasetTest, DefaultsOfTheShapeOfLabelsAndRowsChangeNoBit) {
  v1::SyntheticData spec = Normalized(21, 5);
  spec.set_condition(30);
  spec.set_noise(0.1);
  const auto unset = GenerateDataset(spec);
  spec.set_spectrum_bend(1);
  spec.set_signal_decay(0);
  const auto set = GenerateDataset(spec);
  ASSERT_OK(set);
  EXPECT_EQ(unset->x, set->x);
  EXPECT_EQ(unset->y, set->y);
}

// Coordinate j of w* is g_j lambda_j^-1/2 up to a factor, so the shares of the
// label's variance are g_j^2 / |g|^2, with mean 1/d and a standard deviation of
// about 1/d.
TEST(GenerateDatasetTest, DecayOfOneHalfSharesTheLabelAmongAllDirections) {
  constexpr int kColumns = 5;
  constexpr int kOutputs = 900;
  v1::SyntheticData spec = Normalized(4'000, kColumns);
  spec.set_outputs(kOutputs);
  spec.set_condition(1e4);
  spec.set_signal_decay(0.5);
  const auto data = GenerateDataset(spec);
  ASSERT_OK(data);
  const Eigen::MatrixXd solution = Features(*data).colPivHouseholderQr().solve(
      Eigen::MatrixXd(Targets(*data)));
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(
      Features(*data).transpose() * Features(*data) / spec.rows());
  Eigen::VectorXd shares = Eigen::VectorXd::Zero(kColumns);
  for (int o = 0; o < kOutputs; ++o) {
    EXPECT_NEAR(solution.col(o).norm(), 1, 1e-9);
    const Eigen::VectorXd variance =
        (eigen.eigenvectors().transpose() * solution.col(o))
            .cwiseAbs2()
            .cwiseProduct(eigen.eigenvalues());
    shares += variance / variance.sum() / kOutputs;
  }
  for (int j = 0; j < kColumns; ++j) EXPECT_NEAR(shares[j], 0.2, 0.03) << j;
}

// Mean of (nu - 2) / chi^2_nu is 1, and the fourth moment of a t variable of
// unit variance is 3 (nu - 2) / (nu - 4).
TEST(GenerateDatasetTest, TailMakesRowsAndNoiseMultivariateT) {
  v1::SyntheticData spec = Normalized(100'000, 2);
  spec.set_noise(2);
  spec.set_tail(12);
  const auto data = GenerateDataset(spec);
  ASSERT_OK(data);
  const auto fourth = [](const Eigen::ArrayXd& values) {
    return values.pow(4).mean() / std::pow(values.square().mean(), 2);
  };
  const Eigen::ArrayXd a = Features(*data).col(0).array();
  const Eigen::ArrayXd b = Features(*data).col(1).array();
  EXPECT_NEAR(a.square().mean(), 1, 0.02);
  EXPECT_NEAR(fourth(a), 3.75, 0.25);
  EXPECT_NEAR(fourth(Targets(*data).col(0).array()), 3.75, 0.25);
  // One factor for the whole row: E a^2 b^2 = (nu - 2) / (nu - 4).
  EXPECT_NEAR((a * b).square().mean(), 1.25, 0.06);
}

// The synthetic stand-in for the ethanol data, which has, standardised, the top
// eigenvalue 72.9, condition 5.0e9, mean y^4 5.57, least mean square 0.09999,
// and loses at rate 0.01 all but 0.0196 and 0.0110 above that in 20,000 and
// 100,000 steps.
TEST(GenerateProblemTest, TwinOfEthanolHasItsMoments) {
  v1::DataSpec spec;
  v1::SyntheticData& data = *spec.mutable_synthetic();
  data = Normalized(2565, 128);
  data.set_condition(2e10);
  data.set_top_eigenvalue(73);
  data.set_spectrum_bend(0.44);
  data.set_signal_decay(0.31);
  data.set_tail(5);
  data.set_noise(0.347);
  data.set_seed(124);
  spec.set_standardize(true);
  spec.set_standardize_targets(true);
  const auto problem = GenerateProblem(spec);
  ASSERT_OK(problem);
  const Eigen::Map<const RowMajor> x(problem->x.data(), 2565, 128);
  const Eigen::Map<const Eigen::VectorXd> y(problem->y.data(), 2565);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(x.transpose() * x /
                                                             2565);
  const Eigen::VectorXd lambda = eigen.eigenvalues();
  EXPECT_NEAR(lambda[127] / 72.9, 1, 0.15);
  EXPECT_GT(lambda[127] / lambda[0], 2.5e9);
  EXPECT_LT(lambda[127] / lambda[0], 1e10);
  EXPECT_NEAR(y.array().pow(4).mean() / 5.57, 1, 0.15);

  const Eigen::ArrayXd along =
      eigen.eigenvectors().transpose() * (x.transpose() * y / 2565);
  const Eigen::ArrayXd energy = along.square() / lambda.array();
  EXPECT_NEAR(1 - energy.sum(), 0.1, 0.01);
  const auto excess = [&](int steps) {
    return (energy * (1 - 0.02 * lambda.array()).pow(2 * steps)).sum();
  };
  EXPECT_NEAR(excess(20'000) / 0.0196, 1, 0.2);
  EXPECT_NEAR(excess(100'000) / 0.0110, 1, 0.2);
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
}  // namespace fathom::worker
