#include "proto/sweep/checks/held_out.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/sweep/fingerprint.h"
#include "proto/sweep/revisions.h"
#include "tests/proto/sweep/specs.h"
#include "tests/testing/status_matchers.h"

namespace fathom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kDigest =
    "digest: 'sha256:" + std::string(64, 'a') + "' one_hot: true ";

// A normalized spec with this data, and metrics.
v1::SweepSpec WithData(const std::string& data, const std::string& metrics = "",
                       const std::string& more = "") {
  v1::SweepSpec spec = SmallSpec();
  spec.mutable_trial()->clear_data();
  return Normalize(With(spec, "trial { data { " + data + " } record { " +
                                  metrics + " } } " + more));
}

constexpr char kTestLoss[] = "metrics: METRIC_TEST_LOSS";
constexpr char kTestError[] = "metrics: METRIC_TEST_ERROR";
constexpr char kValidationError[] = "metrics: METRIC_VALIDATION_ERROR";

void ExpectRefused(const v1::SweepSpec& spec, const std::string& field,
                   const std::string& found, const std::string& expected) {
  const std::vector<Violation> violations = Validate(spec);
  ASSERT_THAT(violations, SizeIs(1)) << spec.ShortDebugString();
  EXPECT_EQ(violations[0].field, "trial." + field);
  EXPECT_THAT(violations[0].found, HasSubstr(found));
  EXPECT_THAT(violations[0].expected, HasSubstr(expected));
}

TEST(CheckHeldOutTest, AcceptsMetricsOnRowsThatAreHeldOut) {
  EXPECT_THAT(Validate(WithData(kDigest + "test { rows: 9 }", kTestError)),
              IsEmpty());
  EXPECT_THAT(
      Validate(WithData(kDigest + "test { rows: 9 } validation { rows: 9 from: "
                                  "20 }",
                        std::string(kTestLoss) + " " + kValidationError)),
      IsEmpty());
  // A client will hold them out.
  EXPECT_THAT(Validate(WithData("import { file: 'a.csv' test_file: 'b.csv' }",
                                kTestLoss)),
              IsEmpty());
  EXPECT_THAT(Validate(WithData(
                  "import { builtin: 'fashion-mnist' builtin_test: true } "
                  "test { rows: 100 }",
                  kTestLoss)),
              IsEmpty());
}

TEST(CheckHeldOutTest, AcceptsAnEvaluationOfHeldOutRowsAndAxesOverIt) {
  const std::string held_out = kDigest + "test { rows: 9 }";
  for (const char* const evaluate :
       {" evaluate { }", " evaluate { points: 3 spacing: RECORD_SPACING_LOG }",
        " metrics: METRIC_LOSS evaluate { points: 2 at: 5 }"}) {
    EXPECT_THAT(
        Validate(WithData(held_out, kTestError + std::string(evaluate))),
        IsEmpty());
  }
  EXPECT_THAT(
      Validate(WithData(held_out, kTestError,
                        "axes { axes { field: 'evaluate.points' range { from: "
                        "2 to: 5 } } }")),
      IsEmpty());
}

TEST(CheckHeldOutTest, RefusesMetricsOnRowsThatNobodyHoldsOut) {
  ExpectRefused(WithData(kDigest, kTestLoss), "record.metrics[0]",
                "test_loss without test rows", "data: {test: {rows: N}}");
  ExpectRefused(WithData(kDigest + "test { rows: 9 }", kValidationError),
                "record.metrics[0]", "validation_error without validation rows",
                "validation");
  ExpectRefused(
      WithData(kDigest, kTestLoss,
               "axes { axes { field: 'test.rows' list { values { integer: 5 } "
               "values { integer: 0 } } } }"),
      "record.metrics[0]", "where a trial has no test rows", "test");
  // Uploaded already: nobody looks into the file any more.
  ExpectRefused(
      WithData(kDigest + "import { file: 'a.csv' test_file: 'b.csv' }",
               kTestLoss),
      "record.metrics[0]", "test_loss without test rows", "");
  v1::SweepSpec numbers = WithData(kDigest + "test { rows: 9 }", kTestError);
  numbers.mutable_trial()->mutable_data()->set_one_hot(false);
  ExpectRefused(numbers, "record.metrics[0]", "test_error without classes",
                "one_hot");
}

TEST(CheckHeldOutTest, RefusesWhatDoesNotGoTogether) {
  const std::string files = "import { file: 'a.csv' test_file: 'b.csv' } ";
  ExpectRefused(WithData(files + "test { rows: 5 from: 3 }"), "data.test.from",
                "`from` beside test_file", "no `from`");
  ExpectRefused(WithData(kDigest + "test { from: 3 }"), "data.test.from",
                "`from` without rows", "`rows`");
  ExpectRefused(WithData("import { file: 'a.idx' test_labels: 'b.idx' }"),
                "data.import.test_labels", "test_labels without test_file",
                "both");
  ExpectRefused(
      WithData("import { builtin: 'ethanol' validation_file: 'b.csv' }"),
      "data.import.validation_file", "beside a builtin dataset",
      "`validation: {rows: N}`");
  ExpectRefused(WithData("import { file: 'a.csv' builtin_test: true }"),
                "data.import.builtin_test", "without a builtin dataset",
                "`test_file`");
  ExpectRefused(
      WithData(files, "",
               "axes { axes { field: 'data.test.rows' list { values { integer: "
               "5 } values { integer: 6 } } } }"),
      "data.import.test_file", "an axis over held-out rows beside test_file",
      "one of the two");
  ExpectRefused(
      WithData("import { test_file: 'b.csv' }", "",
               "axes { axes { field: 'data.file' list { values { text: 'a.csv' "
               "} values { text: 'c.csv' } } } }"),
      "data.import.test_file", "one test_file for several files",
      "`test: {rows: N}`");
  ExpectRefused(
      WithData("completion { matrix_rows: 4 matrix_columns: 4 rank: 1 } test { "
               "rows: 3 }"),
      "data.test", "test rows of a matrix to complete", "reconstruction_error");
}

// What stands in has the rows, too, or it is no stand-in.
TEST(CheckHeldOutTest, SyntheticDataThatIsRunMustHoldThemOut) {
  const std::string import =
      "import { builtin: 'fashion-mnist' builtin_test: true if_present: true } "
      "synthetic { rows: 20 columns: 3 } one_hot: true ";
  const v1::SweepSpec bare = WithData(import, kTestLoss);
  EXPECT_THAT(Validate(bare), IsEmpty());
  EXPECT_THAT(std::string(CheckReady(bare).message()),
              HasSubstr("test_loss without test rows"));
  const v1::SweepSpec many = WithData(import + "test { rows: 50 }", kTestLoss);
  EXPECT_THAT(Validate(many), IsEmpty());
  EXPECT_THAT(std::string(CheckReady(many).message()),
              HasSubstr("50 rows of data that has 20"));
  EXPECT_OK(CheckReady(WithData(import + "test { rows: 5 }", kTestLoss)));
}

TEST(CheckHeldOutTest, NothingHeldOutChangesNoFingerprint) {
  EXPECT_EQ(Fingerprint(Spec("trial { data { test { } validation { } } }")),
            Fingerprint(Spec("")));
  EXPECT_EQ(Fingerprint(Spec("trial { data { test { rows: 0 } } }")),
            Fingerprint(Spec("")));
  EXPECT_NE(Fingerprint(Spec("trial { data { test { rows: 1 } } }")),
            Fingerprint(Spec("")));
  EXPECT_EQ(RequiredRevision(Spec("trial { data { test { rows: 1 } } }")), 5);
}

}  // namespace
}  // namespace fathom::test
