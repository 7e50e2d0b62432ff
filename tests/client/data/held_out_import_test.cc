#include "client/data/held_out_import.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::IdxFile;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class HeldOutImportTest : public ::testing::Test {
 protected:
  HeldOutImportTest() {
    data_.mutable_import()->set_file(
        folder_.Write("a.csv", "a,b,y\n1,2,3\n4,5,6\n7,8,9\n"));
    data_.mutable_import()->add_target("y");
  }

  absl::StatusOr<ImportedDataset> Import() {
    violations_.clear();
    return ImportWithHeldOut(folder_.path(), folder_.path(), &data_,
                             &violations_);
  }
  void ExpectRefused(const std::string& field, const std::string& found,
                     const std::string& expected) {
    const v1::DataSpec before = data_;
    EXPECT_FALSE(Import().ok());
    ASSERT_THAT(violations_, SizeIs(1));
    EXPECT_EQ(violations_[0].field, "trial.data." + field);
    EXPECT_THAT(violations_[0].found, HasSubstr(found));
    EXPECT_THAT(violations_[0].expected, HasSubstr(expected));
    EXPECT_EQ(data_.DebugString(), before.DebugString());
  }

  test::TempFolder folder_;
  v1::DataSpec data_;
  std::vector<Violation> violations_;
};

TEST_F(HeldOutImportTest, RowsOfOtherFilesComeBelow) {
  folder_.Write("t.csv", "a,b,y\n-1,-2,-3\n-4,-5,-6\n");
  folder_.Write("v.csv", "a,b,y\n10,20,30\n");
  data_.mutable_import()->set_test_file("t.csv");
  data_.mutable_import()->set_validation_file("v.csv");
  const auto imported = Import();
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.y, ElementsAre(3, 6, 9, 30, -3, -6));
  EXPECT_THAT(imported->dataset.x,
              ElementsAre(1, 2, 4, 5, 7, 8, 10, 20, -1, -2, -4, -5));
  EXPECT_EQ(data_.validation().rows(), 1);
  EXPECT_EQ(data_.validation().from(), 3);
  EXPECT_EQ(data_.test().rows(), 2);
  EXPECT_EQ(HeldOutText(data_, 6),
            "3 rows for training, 1 for validation, 2 for testing");
  // What has been written can be read again.
  const std::string digest = test::Digest(imported);
  EXPECT_EQ(test::Digest(Import()), digest);
  EXPECT_EQ(data_.test().rows(), 2);
}

TEST_F(HeldOutImportTest, RowsOfTheFileItselfStayWhereTheyAre) {
  folder_.Write("v.csv", "a,b,y\n10,20,30\n");
  data_.mutable_import()->set_validation_file("v.csv");
  data_.mutable_test()->set_rows(1);
  ASSERT_OK(Import());
  // The last row of a.csv, not of all.
  EXPECT_EQ(data_.test().from(), 2);
  EXPECT_EQ(HeldOutText(data_, 4),
            "2 rows for training, 1 for validation, 1 for testing");
}

TEST_F(HeldOutImportTest, TakesTheFirstRowsAsAsked) {
  folder_.Write("t.csv", "a,b,y\n-1,-2,-3\n-4,-5,-6\n");
  data_.mutable_import()->set_test_file("t.csv");
  data_.mutable_test()->set_rows(1);
  EXPECT_THAT(Import()->dataset.y, ElementsAre(3, 6, 9, -3));
  data_.mutable_test()->set_rows(3);
  ExpectRefused("test.rows", "3 rows", "at most 2, the rows of");
}

TEST_F(HeldOutImportTest, OtherColumnsAreRefused) {
  data_.mutable_import()->set_test_file("t.csv");
  folder_.Write("t.csv", "a,y\n1,2\n");
  ExpectRefused("import.test_file", "1 features and 1 target",
                "2 features and 1 target as in");
  folder_.Write("t.csv", "b,a,y\n1,2,3\n");
  ExpectRefused("import.test_file", "column \"b\"", "\"a\" as in");
  // What is wrong in the file itself has its own line and column.
  folder_.Write("t.csv", "a,b,y\n1,2,3\n1,2\n");
  EXPECT_THAT(std::string(Import().status().message()), HasSubstr("t.csv:3:"));
  EXPECT_THAT(violations_, IsEmpty());
  data_.mutable_import()->set_test_file("none.csv");
  EXPECT_EQ(Import().status().code(), absl::StatusCode::kNotFound);
}

// The number of a text is its place among those of its file.
TEST_F(HeldOutImportTest, OtherTextsAreRefusedWithTheCure) {
  const std::string cure = "hold out `test: {rows: N}`";
  const auto put = [&](const std::string& file, const std::string& test) {
    data_.mutable_import()->set_file(folder_.Write("m.csv", file));
    folder_.Write("t.csv", test);
    data_.mutable_import()->set_test_file("t.csv");
  };
  put("a,y\n1,no\n2,yes\n3,no\n", "a,y\n1,maybe\n2,yes\n");
  ExpectRefused("import.test_file", "other texts among the targets", cure);
  put("a,y\n1,no\n2,yes\n3,no\n", "a,y\n1,yes\n2,no\n");
  EXPECT_THAT(Import()->dataset.y, ElementsAre(0, 1, 0, 1, 0));
  // A single row has not all of them.
  put("a,y\n1,no\n2,yes\n3,no\n", "a,y\n1,yes\n");
  ExpectRefused("import.test_file", "other texts", cure);
  put("a,y\nred,1\nblue,2\ngreen,3\n", "a,y\nred,1\nblue,2\n");
  ExpectRefused("import.test_file", "features", cure);
  // Numbers that are categories have places, too.
  data_.mutable_import()->add_categorical("y");
  put("a,y\n1,5\n2,7\n3,9\n", "a,y\n1,7\n2,9\n");
  ExpectRefused("import.test_file", "other texts among the targets", cure);
}

TEST_F(HeldOutImportTest, SparseFilesMayLeaveOutTheirLastFeatures) {
  data_.mutable_import()->Clear();
  data_.mutable_import()->set_file(
      folder_.Write("m.svm", "1 1:2 3:4\n2 2:1\n"));
  folder_.Write("t.svm", "5 2:7\n");
  data_.mutable_import()->set_test_file("t.svm");
  const auto imported = Import();
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.x, ElementsAre(2, 0, 4, 0, 1, 0, 0, 7, 0));
  folder_.Write("t.svm", "5 4:7\n");
  ExpectRefused("import.test_file", "4 features", "3 features");
}

TEST_F(HeldOutImportTest, LabelsOfImagesAreFoundByTheirNames) {
  const auto write = [&](const std::string& set, const std::string& pixels,
                         const std::string& labels) {
    const auto rows = static_cast<uint32_t>(labels.size());
    folder_.Write(set + "-images-idx3-ubyte", IdxFile({rows, 1, 2}, pixels));
    folder_.Write(set + "-labels-idx1-ubyte", IdxFile({rows}, labels));
  };
  write("train", std::string("\1\2\3\4\5\6", 6), std::string("\0\1\1", 3));
  write("t10k", std::string("\7\7\x8\x8", 4), std::string("\1\0", 2));
  data_.mutable_import()->Clear();
  data_.mutable_import()->set_file("train-images-idx3-ubyte");
  data_.mutable_import()->set_test_file("t10k-images-idx3-ubyte");
  auto imported = Import();
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.y, ElementsAre(0, 1, 1, 1, 0));
  // Or given, one by one.
  data_.mutable_import()->set_labels("train-labels-idx1-ubyte");
  data_.mutable_import()->set_test_labels("t10k-labels-idx1-ubyte");
  EXPECT_EQ(test::Digest(Import()), test::Digest(imported));
}

TEST_F(HeldOutImportTest, BuiltinDatasetsHaveTestSetsOrSaySo) {
  const auto write = [&](const std::string& set, const std::string& labels) {
    const auto rows = static_cast<uint32_t>(labels.size());
    folder_.WriteGzip(
        set + "-images-idx3-ubyte.gz",
        IdxFile({rows, 28, 28}, std::string(rows * 28 * 28, set[0])));
    folder_.WriteGzip(set + "-labels-idx1-ubyte.gz", IdxFile({rows}, labels));
  };
  write("train", std::string("\0\1\2", 3));
  data_.mutable_import()->Clear();
  data_.mutable_import()->set_builtin("fashion-mnist");
  data_.mutable_import()->set_builtin_test(true);
  // Part of it is missing.
  EXPECT_EQ(Import().status().code(), absl::StatusCode::kNotFound);
  write("t10k", std::string("\5\6", 2));
  EXPECT_THAT(Import()->dataset.y, ElementsAre(0, 1, 2, 5, 6));
  EXPECT_EQ(HeldOutText(data_, 5), "3 rows for training, 2 for testing");

  data_.Clear();
  data_.mutable_import()->set_builtin("ethanol");
  data_.mutable_import()->set_builtin_test(true);
  ExpectRefused("import.builtin_test", "builtin_test with ethanol",
                "`test: {rows: N}`");
}

TEST_F(HeldOutImportTest, NothingIsSaidWhereNothingIsHeldOut) {
  EXPECT_THAT(Import()->dataset.y, ElementsAre(3, 6, 9));
  EXPECT_EQ(HeldOutText(data_, 3), "");
  data_.mutable_test()->set_rows(3);
  EXPECT_EQ(HeldOutText(data_, 3), "");
}

}  // namespace
}  // namespace fathom::client
