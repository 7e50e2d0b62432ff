#include "proto/sweep/held_out.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proto/sweep/specs.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::DataSpec Parts(const std::string& text) {
  return With(SmallSpec(), "trial { data { " + text + " } }").trial().data();
}

// What each row is used for, as the comments of HeldOutRows say it.
std::vector<char> UsesOf(const v1::DataSpec& spec, int64_t rows) {
  std::vector<char> uses(static_cast<size_t>(rows), '-');
  const v1::HeldOutRows& test = spec.test();
  const v1::HeldOutRows& validation = spec.validation();
  const int64_t from = test.has_from() ? test.from() : rows - test.rows();
  for (int64_t i = 0; i < test.rows(); ++i) uses.at(from + i) = 't';
  for (int64_t i = 0; i < validation.rows(); ++i) {
    char& use = uses.at(validation.from() + i);
    if (use != '-') return {};
    use = 'v';
  }
  return uses;
}

std::vector<char> UsesOf(const RowSplit& split, int64_t rows) {
  std::vector<char> uses(static_cast<size_t>(rows), '?');
  const auto use = [&](const RowRange& range, char as) {
    for (int64_t i = range.begin; i < range.end; ++i) {
      EXPECT_EQ(uses.at(i), '?') << i;
      uses.at(i) = as;
    }
  };
  use(split.test, 't');
  use(split.validation, 'v');
  for (const RowRange& range : split.train) {
    EXPECT_GT(range.size(), 0);
    use(range, '-');
  }
  return uses;
}

TEST(SplitRowsTest, EveryRowIsInThePartThatTheSpecSays) {
  std::mt19937_64 random(7);
  int split_count = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto below = [&](int64_t n) {
      return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
    };
    const int64_t rows = 3 + below(12);
    v1::DataSpec spec;
    for (v1::HeldOutRows* part :
         {spec.mutable_test(), spec.mutable_validation()}) {
      part->set_rows(below(rows));
      if (below(2) == 0) part->set_from(below(rows));
    }
    const auto fits = [&](const v1::HeldOutRows& part) {
      return part.rows() == 0 || part.from() + part.rows() <= rows;
    };
    const std::vector<char> expected =
        fits(spec.test()) && fits(spec.validation()) ? UsesOf(spec, rows)
                                                     : std::vector<char>();
    const bool fine = std::count(expected.begin(), expected.end(), '-') >= 2;
    std::vector<Violation> violations;
    const auto split = SplitRows(spec, rows, &violations);
    ASSERT_EQ(split.has_value(), fine) << spec.ShortDebugString() << rows;
    EXPECT_EQ(violations.empty(), fine);
    if (!fine) continue;
    ++split_count;
    ASSERT_EQ(UsesOf(*split, rows), expected) << spec.ShortDebugString();
    EXPECT_EQ(split->train_rows(),
              std::count(expected.begin(), expected.end(), '-'));
  }
  EXPECT_GT(split_count, 1000);
}

TEST(SplitRowsTest, SaysWhatIsWrongWithWhichField) {
  const auto expect = [](const std::string& text, const std::string& field,
                         const std::string& found) {
    std::vector<Violation> violations;
    EXPECT_FALSE(SplitRows(Parts(text), 20, &violations).has_value());
    ASSERT_THAT(violations, SizeIs(1)) << text;
    EXPECT_EQ(violations[0].field, "trial.data." + field);
    EXPECT_THAT(violations[0].found, HasSubstr(found));
  };
  expect("test { rows: 21 }", "test.rows", "21 rows of data that has 20");
  expect("test { rows: -1 }", "test.rows", "-1 rows");
  expect("validation { rows: 5 from: 16 }", "validation.from",
         "5 rows from row 16");
  expect("validation { rows: 5 from: -1 }", "validation.from", "from row -1");
  expect("validation { rows: 1 from: 9223372036854775807 }", "validation.from",
         "from row 9223372036854775807");
  expect("test { rows: 5 from: 4 } validation { rows: 5 }", "validation.rows",
         "validation rows 0 to 4 and test rows 4 to 8 of 20, which overlap");
  expect("test { rows: 19 }", "test.rows", "1 row left");
  expect("test { rows: 10 } validation { rows: 9 }", "test.rows", "1 row left");
  expect("validation { rows: 20 }", "validation.rows", "0 rows left");
}

// --- Over the trials of a sweep. ---

std::vector<Violation> Check(const v1::SweepSpec& spec,
                             std::optional<int64_t> rows = std::nullopt) {
  std::vector<Violation> violations;
  CheckSplits(spec, rows, &violations);
  return violations;
}

constexpr char kFolds[] =
    "trial { data { validation { rows: 5 } } } axes { axes { field: "
    "'validation.from' list { values { integer: 0 } values { integer: 5 } "
    "values { integer: 15 } } } } ";

TEST(CheckSplitsTest, LooksAtEveryTrial) {
  EXPECT_THAT(Check(Spec(kFolds)), IsEmpty());
  EXPECT_THAT(Check(Spec(kFolds), 20), IsEmpty());
  const std::vector<Violation> found = Check(Spec(kFolds), 19);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].found, HasSubstr("5 rows from row 15"));
  // What is varied is written at its axis.
  const std::string sizes =
      "axes { axes { field: 'data.test.rows' list { values { integer: 3 } "
      "values { integer: 19 } } } }";
  ASSERT_THAT(Check(Spec(sizes)), SizeIs(1));
  EXPECT_EQ(Check(Spec(sizes))[0].field, "axes[0].axes[0]");
  EXPECT_TRUE(VariesHeldOut(Spec(sizes)));
  EXPECT_FALSE(VariesHeldOut(Spec("trial { data { test { rows: 3 } } }")));
}

TEST(CheckSplitsTest, ABatchOfANetIsNoLargerThanWhatItIsTrainedOn) {
  v1::SweepSpec spec;
  spec.mutable_trial()->mutable_model()->set_family(v1::MODEL_FAMILY_CONV_NET);
  spec.mutable_trial()->mutable_data()->mutable_test()->set_rows(4);
  const auto objections = [&](int64_t batch, int64_t rows) {
    spec.mutable_trial()->mutable_optimizer()->set_batch_size(batch);
    std::vector<Violation> violations;
    CheckSplits(spec, rows, &violations);
    return violations;
  };
  EXPECT_THAT(objections(16, 20), IsEmpty());
  ASSERT_THAT(objections(17, 20), SizeIs(1));
  EXPECT_EQ(objections(17, 20)[0].field, "trial.optimizer.batch_size");
  spec.mutable_trial()->mutable_model()->set_family(
      v1::MODEL_FAMILY_LINEAR_NET);
  EXPECT_THAT(objections(17, 20), IsEmpty());
}

TEST(CheckSplitsTest, SyntheticDataOfEveryTrialMustHaveTheRows) {
  const std::string rows =
      "trial { data { test { rows: 30 } } } axes { axes { field: 'rows' list { "
      "values { integer: 100 } values { integer: 31 } } } }";
  ASSERT_THAT(Validate(Spec(rows)), SizeIs(1));
  EXPECT_THAT(Validate(Spec(rows))[0].found, HasSubstr("1 row left of 31"));
  EXPECT_THAT(Validate(Spec(kFolds)), IsEmpty());
}

}  // namespace
}  // namespace fathom::test
