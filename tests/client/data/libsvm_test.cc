#include "client/data/libsvm.h"

#include <string>

#include "absl/status/status.h"
#include "client/data/import.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::Message;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class LibsvmTest : public ::testing::Test {
 protected:
  explicit LibsvmTest(v1::DataFormat format = v1::DATA_FORMAT_LIBSVM) {
    import_.set_file("t.svm");
    import_.set_format(format);
  }

  absl::StatusOr<ImportedDataset> Import(const std::string& content) {
    folder_.Write("t.svm", content);
    return ImportDataset(import_, folder_.path());
  }

  std::string ErrorOf(const std::string& content) {
    const absl::StatusOr<ImportedDataset> imported = Import(content);
    EXPECT_THAT(imported, StatusIs(absl::StatusCode::kInvalidArgument));
    const std::string message = Message(imported);
    return message.substr(message.find("t.svm"));
  }

  test::TempFolder folder_;
  v1::DataImport import_;
};

class UciGasTest : public LibsvmTest {
 protected:
  UciGasTest() : LibsvmTest(v1::DATA_FORMAT_UCI_GAS) {}
};

TEST_F(LibsvmTest, FeaturesLeftOutAreZero) {
  const auto imported = Import("1.5 2:3 4:-1\n+2 1:0.5\n-1\n");
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 3);
  EXPECT_EQ(imported->dataset.columns, 4);
  EXPECT_THAT(imported->dataset.x,
              ElementsAre(0, 3, 0, -1, 0.5, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(imported->dataset.y, ElementsAre(1.5, 2, -1));
  EXPECT_EQ(imported->format, "libsvm");
}

TEST_F(LibsvmTest, CommentsEmptyLinesAndSpacesDoNotCount) {
  EXPECT_EQ(test::Digest(Import("# made by hand\n\n 1 1:2  2:3 # first\r\n"
                                "\t4 1:5\t2:6 \n   \n")),
            test::Digest(Import("1 1:2 2:3\n4 1:5 2:6\n")));
}

TEST_F(LibsvmTest, OnlyTheFirstRowsAreRead) {
  import_.set_rows(2);
  const auto imported = Import("1 1:2\n2 1:3\n3 1:4 9:9\nwhat\n");
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 2);
  EXPECT_EQ(imported->dataset.columns, 1);
}

TEST_F(LibsvmTest, WrongPairsAreNamedByLineAndColumn) {
  EXPECT_EQ(ErrorOf("1 1:2\n2 1:2 three\n"),
            "t.svm:2:7: found \"three\", expected index:value");
  EXPECT_EQ(ErrorOf("1 a:2\n"),
            "t.svm:1:3: found \"a:2\", expected index:value");
  EXPECT_EQ(ErrorOf("1 0:2\n"),
            "t.svm:1:3: found index 0, expected indices from 1; in Python, "
            "dump_svmlight_file(..., zero_based=False) writes them");
  EXPECT_EQ(
      ErrorOf("1 qid:1 1:2\n"),
      "t.svm:1:3: found \"qid:1\", expected index:value; queries, which a "
      "ranking has, are not read");
  EXPECT_EQ(ErrorOf("1 2000000000:2\n"),
            "t.svm:1:3: found index 2000000000, expected 1 to 1000000");
  EXPECT_EQ(ErrorOf("1 4294967297:2\n"),
            "t.svm:1:3: found index 4294967297, expected 1 to 1000000");
  EXPECT_EQ(ErrorOf("1 1:2 3:4 3:5\n"),
            "t.svm:1:11: found index 3 after 3, expected indices that ascend");
  EXPECT_EQ(ErrorOf("1 1:2 2:\n"),
            "t.svm:1:9: found nothing, expected a number for feature 2");
  EXPECT_EQ(ErrorOf("1 1:nan\n"),
            "t.svm:1:5: found NaN, expected a number for feature 1");
}

TEST_F(LibsvmTest, WrongTargetsAreNamedByLineAndColumn) {
  EXPECT_EQ(ErrorOf("1 1:2\n  yes 1:2\n"),
            "t.svm:2:3: found \"yes\", expected a number, the target");
  EXPECT_EQ(
      ErrorOf("1,2 1:2\n"),
      "t.svm:1:1: found several labels, \"1,2\", expected one number, the "
      "target");
}

// The error is the same when no format is given.
TEST_F(LibsvmTest, RankingsAndSeveralLabelsAreKnownByTheirForm) {
  import_.clear_format();
  import_.set_file("t.txt");
  for (const char* line : {"2 qid:1 1:2\n", "1,3 1:2\n"}) {
    folder_.Write("t.txt", line);
    EXPECT_THAT(Message(ImportDataset(import_, folder_.path())),
                HasSubstr(line[0] == '2' ? "queries" : "several labels"))
        << line;
  }
}

TEST_F(LibsvmTest, FilesNeedRowsFeaturesAndTargetsThatVary) {
  EXPECT_EQ(ErrorOf("# nothing\n\n"),
            "t.svm:3:1: found no rows, expected at least one");
  EXPECT_THAT(ErrorOf("1\n2\n"), HasSubstr("rows without any feature"));
  EXPECT_EQ(ErrorOf("7 1:1\n7 1:2\n"),
            "t.svm: found target \"target\" to be the constant 7 in 2 rows, "
            "expected at least two values");
}

TEST_F(LibsvmTest, SparseFilesThatAreHugeWhenDenseAreRefused) {
  std::string content = "0 1000000:1\n";
  for (int i = 0; i < 300; ++i) content += "1\n";
  EXPECT_THAT(ErrorOf(content),
              HasSubstr("found 269 rows of 1000000 features"));
}

TEST_F(UciGasTest, ConcentrationIsTheTarget) {
  const auto imported = Import("1;10.000000 1:2 2:3.5 \n4;20 1:4 2:5 \n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.x, ElementsAre(2, 3.5, 4, 5));
  EXPECT_THAT(imported->dataset.y, ElementsAre(10, 20));
  EXPECT_THAT(imported->targets, ElementsAre("concentration"));
  EXPECT_EQ(imported->format, "uci_gas");
}

TEST_F(UciGasTest, GasKeepsOneClass) {
  const std::string content = "1;10 1:1\n2;20 1:2 2:9\n1;30 1:3\n1;40 1:4\n";
  import_.set_gas(1);
  import_.set_rows(2);
  const auto imported = Import(content);
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.columns, 1);
  EXPECT_THAT(imported->dataset.x, ElementsAre(1, 3));
  EXPECT_THAT(imported->dataset.y, ElementsAre(10, 30));
  import_.set_gas(7);
  EXPECT_EQ(ErrorOf(content),
            "t.svm:5:1: found no row of class 7, expected at least one");
}

TEST_F(UciGasTest, WrongLabelsAreNamedByLineAndColumn) {
  EXPECT_EQ(ErrorOf("1;10 1:1\n5 1:1\n"),
            "t.svm:2:1: found \"5\", expected class;concentration");
  EXPECT_EQ(ErrorOf("x;10 1:1\n"),
            "t.svm:1:1: found \"x;10\", expected class;concentration");
  EXPECT_EQ(ErrorOf("1;ten 1:1\n"),
            "t.svm:1:3: found \"ten\", expected a number, the concentration");
}

}  // namespace
}  // namespace fathom::client
