#include "worker/data/completion.h"

#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "worker/data/problem.h"
#include "worker/kernel/eigen.h"

namespace fathom::worker {
namespace {

v1::CompletionData Spec(int rows, int columns, int rank, int64_t observed) {
  v1::CompletionData spec;
  spec.set_matrix_rows(rows);
  spec.set_matrix_columns(columns);
  spec.set_rank(rank);
  spec.set_observed(observed);
  return spec;
}

using RowMajor =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const RowMajor> MatrixOf(const Completion& completion) {
  const kernel::ConstMatrix m = completion.matrix();
  return {m.data, m.rows, m.columns};
}

std::set<std::pair<int64_t, int64_t>> Positions(const Completion& completion) {
  std::set<std::pair<int64_t, int64_t>> positions;
  for (int64_t r = 0; r < completion.known().rows(); ++r) {
    for (const auto& entry : completion.known().row(r)) {
      positions.insert({r, entry.column});
    }
  }
  return positions;
}

TEST(CompletionTest, MatrixHasTheRankAndNorm) {
  v1::CompletionData spec = Spec(12, 9, 3, 0);
  const Completion completion(spec);
  const Eigen::VectorXd s =
      Eigen::JacobiSVD<Eigen::MatrixXd>(MatrixOf(completion)).singularValues();
  EXPECT_NEAR(s.norm(), std::sqrt(108.0), 1e-12);
  EXPECT_GT(s[2], 0.1);
  EXPECT_LT(s[3], 1e-13);

  spec.set_frobenius_norm(7);
  EXPECT_NEAR(MatrixOf(Completion(spec)).norm(), 7, 1e-13);
}

TEST(CompletionTest, KnownEntriesAreDistinctEntriesOfTheMatrix) {
  const Completion completion(Spec(12, 9, 3, 50));
  EXPECT_EQ(completion.known().size(), 50);
  EXPECT_EQ(Positions(completion).size(), 50u);
  for (int64_t r = 0; r < 12; ++r) {
    for (const auto& [column, value] : completion.known().row(r)) {
      EXPECT_EQ(value, MatrixOf(completion)(r, column));
    }
  }
  EXPECT_EQ(Completion(Spec(12, 9, 3, 0)).known().size(), 108);
}

// Each of 12 positions is among 5 known ones in 5/12 of 4000 draws: a standard
// deviation of 31.
TEST(CompletionTest, EveryEntryIsAsLikelyToBeKnown) {
  std::map<std::pair<int64_t, int64_t>, int> counts;
  for (int seed = 0; seed < 4000; ++seed) {
    v1::CompletionData spec = Spec(3, 4, 1, 5);
    spec.set_seed(seed);
    for (const auto& position : Positions(Completion(spec))) {
      ++counts[position];
    }
  }
  EXPECT_EQ(counts.size(), 12u);
  for (const auto& [position, count] : counts) {
    EXPECT_NEAR(count, 4000 * 5 / 12.0, 5 * 31);
  }
}

TEST(CompletionTest, SeedDecidesEverything) {
  v1::CompletionData spec = Spec(6, 7, 2, 20);
  const Completion a(spec);
  const Completion b(spec);
  spec.set_seed(1);
  const Completion c(spec);
  EXPECT_EQ(MatrixOf(a), MatrixOf(b));
  EXPECT_EQ(Positions(a), Positions(b));
  EXPECT_NE(MatrixOf(a), MatrixOf(c));
  EXPECT_NE(Positions(a), Positions(c));
}

TEST(CompletionTest, LeastSingularValueIsThatOfTheMatrix) {
  const Completion full(Spec(7, 5, 5, 10));
  const Eigen::VectorXd s =
      Eigen::JacobiSVD<Eigen::MatrixXd>(MatrixOf(full)).singularValues();
  EXPECT_NEAR(full.LeastSingularValue(), s[4], 1e-12);
  EXPECT_EQ(Completion(Spec(7, 5, 4, 10)).LeastSingularValue(), 0);
}

TEST(CompletionTest, ProblemHasTheKnownEntriesAsTargets) {
  v1::DataSpec spec;
  *spec.mutable_completion() = Spec(6, 7, 2, 20);
  const auto problem = GenerateProblem(spec);
  ASSERT_OK(problem);
  EXPECT_EQ(problem->outputs, 6);
  EXPECT_EQ(problem->columns, 7);
  EXPECT_EQ(problem->rows, 20);
  EXPECT_EQ(problem->y.size(), 20u);
  ASSERT_TRUE(problem->completion.has_value());
}

TEST(CompletionTest, KnownEntriesCanBeGiven) {
  v1::DataSpec spec;
  spec.mutable_completion()->set_given(true);
  spec.mutable_completion()->set_matrix_rows(2);
  spec.mutable_completion()->set_matrix_columns(3);
  Dataset dataset = {.rows = 3,
                     .columns = 2,
                     .targets = 1,
                     .x = {1, 2, 0, 1, 1, 0},
                     .y = {5, 6, 7}};
  EXPECT_FALSE(IsGenerated(spec));
  const auto problem = PrepareProblem(spec, dataset);
  ASSERT_OK(problem);
  EXPECT_EQ(problem->outputs, 2);
  EXPECT_EQ(problem->columns, 3);
  EXPECT_EQ(problem->y, (std::vector<double>{6, 7, 5}));
  EXPECT_EQ(Positions(*problem->completion),
            (std::set<std::pair<int64_t, int64_t>>{{0, 1}, {1, 0}, {1, 2}}));

  for (const double wrong : {3.0, -1.0, 0.5}) {
    Dataset outside = dataset;
    outside.x[1] = wrong;
    EXPECT_FALSE(PrepareProblem(spec, outside).ok()) << wrong;
  }
  dataset.x = {1, 2, 0, 1, 1, 2};
  EXPECT_FALSE(PrepareProblem(spec, dataset).ok());
}

}  // namespace
}  // namespace fathom::worker
