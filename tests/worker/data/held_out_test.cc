// What of the data is trained on, and what is only measured.
#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "worker/data/generate.h"
#include "worker/data/problem.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker {
namespace {

using ::fathom::test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// Feature 1 is constant but for rows 3 and 4, and every column has an offset.
Dataset Samples(int64_t rows) {
  Dataset data = {.rows = rows, .columns = 3, .targets = 2};
  kernel::RandomStream random(5, kernel::Purpose::kFeatures);
  for (int64_t i = 0; i < rows; ++i) {
    data.x.push_back(7 + random.Normal());
    data.x.push_back(i == 3 || i == 4 ? 9 : 2);
    data.x.push_back(-3 + 40 * random.Normal());
    data.y.push_back(random.Normal());
    data.y.push_back(100 + 5 * random.Normal());
  }
  return data;
}

// The rows of these numbers alone.
Dataset Take(const Dataset& data, const std::vector<int64_t>& rows) {
  Dataset part = {.rows = std::ssize(rows),
                  .columns = data.columns,
                  .targets = data.targets};
  for (const int64_t i : rows) {
    for (int32_t j = 0; j < data.columns; ++j) {
      part.x.push_back(data.x[i * data.columns + j]);
    }
    for (int32_t o = 0; o < data.targets; ++o) {
      part.y.push_back(data.y[i * data.targets + o]);
    }
  }
  return part;
}

// Test rows 3 and 4, validation rows 8, 9 and 10.
v1::DataSpec Parts() {
  v1::DataSpec spec;
  spec.mutable_test()->set_rows(2);
  spec.mutable_test()->set_from(3);
  spec.mutable_validation()->set_rows(3);
  spec.mutable_validation()->set_from(8);
  return spec;
}
const std::vector<int64_t> kTrained = {0, 1, 2, 5, 6, 7, 11, 12, 13};

TEST(HeldOutTest, EachPartHasItsRowsInTheirOrder) {
  const Dataset data = Samples(14);
  const auto problem = PrepareProblem(Parts(), data);
  ASSERT_OK(problem);
  EXPECT_EQ(problem->rows, 9);
  EXPECT_EQ(problem->x, Take(data, kTrained).x);
  EXPECT_EQ(problem->y, Take(data, kTrained).y);
  ASSERT_TRUE(problem->test.has_value());
  EXPECT_EQ(problem->test->rows, 2);
  EXPECT_EQ(problem->test->x, Take(data, {3, 4}).x);
  EXPECT_EQ(problem->test->y, Take(data, {3, 4}).y);
  ASSERT_TRUE(problem->validation.has_value());
  EXPECT_EQ(problem->validation->x, Take(data, {8, 9, 10}).x);
  EXPECT_EQ(problem->Packed().rows(), 9);
  // Without a place: the first rows are for validation, the last for testing.
  v1::DataSpec ends;
  ends.mutable_test()->set_rows(2);
  ends.mutable_validation()->set_rows(1);
  const auto at_ends = PrepareProblem(ends, data);
  ASSERT_OK(at_ends);
  EXPECT_EQ(at_ends->test->x, Take(data, {12, 13}).x);
  EXPECT_EQ(at_ends->validation->x, Take(data, {0}).x);
  EXPECT_FALSE(PrepareProblem(v1::DataSpec(), data)->test.has_value());
}

TEST(HeldOutTest, StandardizationIsThatOfTheRowsThatAreTrainedOn) {
  const Dataset data = Samples(14);
  v1::DataSpec spec = Parts();
  spec.set_standardize(true);
  spec.set_standardize_targets(true);
  const auto problem = PrepareProblem(spec, data);
  ASSERT_OK(problem);
  // What varies in held-out rows alone is dropped.
  ASSERT_EQ(problem->columns, 2);
  // Trained rows have the bits that they have alone.
  v1::DataSpec alone = spec;
  alone.clear_test();
  alone.clear_validation();
  const auto trained = PrepareProblem(alone, Take(data, kTrained));
  ASSERT_OK(trained);
  EXPECT_EQ(problem->x, trained->x);
  EXPECT_EQ(problem->y, trained->y);
  const auto expect = [&](const std::vector<double>& table, int32_t width,
                          int32_t column, const std::vector<double>& prepared,
                          int32_t prepared_width, int32_t prepared_column,
                          const std::vector<int64_t>& rows) {
    long double sum = 0, squares = 0;
    for (const int64_t i : kTrained) sum += table[i * width + column];
    const long double mean = sum / std::ssize(kTrained);
    for (const int64_t i : kTrained) {
      squares += (table[i * width + column] - mean) *
                 (table[i * width + column] - mean);
    }
    const long double deviation = std::sqrt(squares / std::ssize(kTrained));
    for (size_t r = 0; r < rows.size(); ++r) {
      EXPECT_NEAR(prepared[r * prepared_width + prepared_column],
                  static_cast<double>((table[rows[r] * width + column] - mean) /
                                      deviation),
                  1e-13);
    }
  };
  for (const auto& [part, rows] :
       {std::pair(&*problem->test, std::vector<int64_t>{3, 4}),
        std::pair(&*problem->validation, std::vector<int64_t>{8, 9, 10})}) {
    ASSERT_EQ(part->x.size(), rows.size() * 2);
    expect(data.x, 3, 0, part->x, 2, 0, rows);
    expect(data.x, 3, 2, part->x, 2, 1, rows);
    expect(data.y, 2, 0, part->y, 2, 0, rows);
    expect(data.y, 2, 1, part->y, 2, 1, rows);
  }
}

TEST(HeldOutTest, ClassesAreThoseOfAllRows) {
  Dataset data = Take(Samples(14), {0, 1, 2, 5, 6, 7});
  data.targets = 1;
  data.y = {4, 2, 9, 2, 4, 9};
  v1::DataSpec spec;
  spec.set_one_hot(true);
  spec.mutable_test()->set_rows(2);
  const auto problem = PrepareProblem(spec, data);
  ASSERT_OK(problem);
  EXPECT_EQ(problem->outputs, 3);
  EXPECT_THAT(problem->test->y, ElementsAre(0, 1, 0, 0, 0, 1));
  // A class that no row is trained on could not be learned.
  data.y = {4, 2, 4, 2, 4, 9};
  EXPECT_THAT(std::string(PrepareProblem(spec, data).status().message()),
              HasSubstr("target 3 is constant (0) in the rows that are trained "
                        "on"));
  v1::DataSpec one_class;
  one_class.set_target_class(9);
  one_class.mutable_test()->set_rows(2);
  data.y = {4, 9, 4, 2, 4, 9};
  EXPECT_THAT(PrepareProblem(one_class, data)->test->y, ElementsAre(0, 1));
}

TEST(HeldOutTest, GeneratedDataIsSplitInTheSameWay) {
  v1::DataSpec spec;
  v1::SyntheticData& synthetic = *spec.mutable_synthetic();
  synthetic.set_rows(14);
  synthetic.set_columns(3);
  synthetic.set_outputs(1);
  synthetic.set_condition(2);
  synthetic.set_top_eigenvalue(1);
  const auto whole = GenerateProblem(spec);
  ASSERT_OK(whole);
  *spec.mutable_test() = Parts().test();
  *spec.mutable_validation() = Parts().validation();
  const auto problem = GenerateProblem(spec);
  ASSERT_OK(problem);
  EXPECT_EQ(problem->rows, 9);
  EXPECT_EQ(problem->test->x,
            std::vector<double>(whole->x.begin() + 9, whole->x.begin() + 15));
}

TEST(HeldOutTest, RefusesRowsThatCannotBeHeldOut) {
  const Dataset data = Samples(14);
  v1::DataSpec spec;
  spec.mutable_test()->set_rows(13);
  EXPECT_THAT(PrepareProblem(spec, data), StatusIs(kInvalid));
  spec.mutable_test()->set_rows(12);
  EXPECT_OK(PrepareProblem(spec, data));
  spec.mutable_validation()->set_rows(3);
  const auto overlap = PrepareProblem(spec, data);
  EXPECT_THAT(overlap, StatusIs(kInvalid));
  EXPECT_THAT(std::string(overlap.status().message()), HasSubstr("overlap"));
  spec.Clear();
  spec.mutable_test()->set_rows(-5);
  EXPECT_THAT(PrepareProblem(spec, data), StatusIs(kInvalid));

  v1::DataSpec matrix;
  matrix.mutable_completion()->set_matrix_rows(4);
  matrix.mutable_completion()->set_matrix_columns(4);
  matrix.mutable_completion()->set_rank(1);
  EXPECT_OK(GenerateProblem(matrix));
  matrix.mutable_validation()->set_rows(2);
  EXPECT_THAT(GenerateProblem(matrix), StatusIs(kInvalid));
}

// A value that training rows do not prepare for.
TEST(HeldOutTest, RefusesWhatCannotBeStandardized) {
  Dataset data = Samples(14);
  for (double& x : data.x) x *= 1e-150;
  v1::DataSpec spec = Parts();
  spec.set_standardize(true);
  EXPECT_OK(PrepareProblem(spec, data));
  data.x[3 * 3] = 1e200;
  EXPECT_THAT(PrepareProblem(spec, data), StatusIs(kInvalid));
}

TEST(HeldOutTest, BytesCountHeldOutRowsOnce) {
  const Dataset data = Samples(14);
  const auto problem = PrepareProblem(Parts(), data);
  ASSERT_OK(problem);
  // Nets need the numbers alone; linear maps need them packed, too.
  EXPECT_EQ(ProblemBytes(*problem), 14 * (3 + 2) * 8);
  problem->Packed();
  EXPECT_EQ(ProblemBytes(*problem), ProblemBytes(9, 3, 2) + 5 * (3 + 2) * 8);
  problem->PackedFloats();
  EXPECT_EQ(ProblemBytes(*problem),
            4.0 / 3 * ProblemBytes(9, 3, 2) + 5 * (3 + 2) * 8);
  ASSERT_TRUE(problem->Reduce([] { return true; }));
  EXPECT_EQ(problem->KeptBytes(), 9 * (3 + 2) * (16 + 8) + 3 * 3 * 8);
  EXPECT_EQ(ProblemBytes(*PrepareProblem(v1::DataSpec(), data)),
            ProblemBytes(14, 3, 2) / 3);
}

}  // namespace
}  // namespace fathom::worker
