#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/data/import.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom {
namespace {

using test::Message;
using test::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class CsvTest : public ::testing::Test {
 protected:
  CsvTest() {
    import_.set_file("t.csv");
    import_.add_target("y");
  }

  absl::StatusOr<ImportedDataset> Import(const std::string& content) {
    folder_.Write("t.csv", content);
    return ImportDataset(import_, folder_.path());
  }

  // Returns the error of importing `content`, from the name of the file on.
  std::string ErrorOf(const std::string& content) {
    const absl::StatusOr<ImportedDataset> imported = Import(content);
    EXPECT_THAT(imported, StatusIs(absl::StatusCode::kInvalidArgument));
    const std::string message = Message(imported);
    return message.substr(message.find("t.csv"));
  }

  test::TempFolder folder_;
  v1::DataImport import_;
};

TEST_F(CsvTest, TargetsAreTakenByNameAndIgnoredColumnsLeftOut) {
  import_.add_target("b");
  import_.add_ignore("note");
  const auto imported = Import("a,b,note,y,c\n1,2,hello,3,4\n5,6,,7.5,8\n");
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 2);
  EXPECT_EQ(imported->dataset.columns, 2);
  EXPECT_EQ(imported->dataset.targets, 2);
  EXPECT_THAT(imported->dataset.x, ElementsAre(1, 4, 5, 8));
  EXPECT_THAT(imported->dataset.y, ElementsAre(3, 2, 7.5, 6));
  EXPECT_THAT(imported->columns, ElementsAre("a", "c"));
  EXPECT_THAT(imported->targets, ElementsAre("y", "b"));
  EXPECT_EQ(imported->title, "t.csv");
  EXPECT_EQ(imported->format, "csv");
}

TEST_F(CsvTest, LineEndsByteOrderMarkAndEmptyLastLinesDoNotMatter) {
  const std::string digest = test::Digest(Import("a,y\n1,2\n3,4\n"));
  EXPECT_THAT(digest, StartsWith("sha256:"));
  EXPECT_EQ(test::Digest(Import("a,y\r\n1,2\r\n3,4\r\n")), digest);
  EXPECT_EQ(test::Digest(Import("a,y\n1,2\n3,4")), digest);
  EXPECT_EQ(test::Digest(Import("\xEF\xBB\xBF"
                                "a,y\n1,2\n3,4\n\n \n")),
            digest);
  EXPECT_EQ(test::Digest(Import("a, y\n 1,\t2\n+3 ,4.0\n")), digest);
}

TEST_F(CsvTest, QuotedCellsFollowRfc4180) {
  import_.add_ignore("a \"note\", long");
  const auto imported = Import(
      "\"a \"\"note\"\", long\",\"x\",y\n"
      "\"two\r\nlines, and \"\"quotes\"\"\",\"1.5\",2\n"
      "\"\" , \"3\" ,4\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.x, ElementsAre(1.5, 3));
  EXPECT_THAT(imported->dataset.y, ElementsAre(2, 4));
}

TEST_F(CsvTest, DelimiterIsACharacterOrTab) {
  const std::string digest = test::Digest(Import("a,y\n1,2\n3,4\n"));
  import_.set_delimiter("tab");
  EXPECT_EQ(test::Digest(Import("a\ty\n1\t2\n\"3\"\t4\n")), digest);
  import_.set_delimiter(";");
  EXPECT_EQ(test::Digest(Import("a;y\n1;2\n3;4\n")), digest);
  for (const char* bad : {"ab", "\"", "5", ".", "\n", "e"}) {
    import_.set_delimiter(bad);
    EXPECT_THAT(Message(Import("a,y\n1,2\n3,4\n")),
                HasSubstr("expected one character such as ;"));
  }
}

TEST_F(CsvTest, OnlyTheFirstRowsAreRead) {
  import_.set_rows(2);
  const auto imported = Import("a,y\n1,2\n3,4\nnot a number,\n");
  ASSERT_OK(imported);
  EXPECT_EQ(imported->dataset.rows, 2);
  import_.set_rows(100);
  EXPECT_EQ(Import("a,y\n1,2\n3,4\n")->dataset.rows, 2);
}

TEST_F(CsvTest, WrongCellsAreNamedByLineAndColumn) {
  EXPECT_EQ(ErrorOf("a,b,y\n1,2,3\n4,,6\n"),
            "t.csv:3:3: found nothing, expected a number in column \"b\"");
  EXPECT_EQ(ErrorOf("a,b,y\n1,2,\n"),
            "t.csv:2:5: found nothing, expected a number in column \"y\"");
  EXPECT_EQ(ErrorOf("a,y\n10,2\nabc,4\n"),
            "t.csv:3:1: found \"abc\", expected a number in column \"a\"");
  EXPECT_EQ(ErrorOf("a,y\r\n1,2\r\n1.5,NaN\r\n"),
            "t.csv:3:5: found NaN, expected a number in column \"y\"");
  EXPECT_EQ(
      ErrorOf("a,y\n1,-inf\n"),
      "t.csv:2:3: found an infinite number, expected a number in column \"y\"");
  EXPECT_EQ(ErrorOf("a,y\n1,1e999\n"),
            "t.csv:2:3: found \"1e999\", too large for a double, expected a "
            "number in column \"y\"");
}

TEST_F(CsvTest, LinesInsideQuotesCount) {
  import_.add_ignore("n");
  EXPECT_EQ(ErrorOf("n,a,y\n\"1\n2\n3\",4,x\n"),
            "t.csv:4:6: found \"x\", expected a number in column \"y\"");
  EXPECT_THAT(ErrorOf("n,a,y\n\"1\n2\",4,5\nz,z,z\n"),
              StartsWith("t.csv:4:3: found \"z\""));
}

TEST_F(CsvTest, RaggedRowsAreNamedByLineAndColumn) {
  EXPECT_EQ(ErrorOf("a,b,y\n1,2,3\n4,5\n"),
            "t.csv:3:4: found 2 cells, expected 3 as in the header");
  EXPECT_EQ(ErrorOf("a,y\n1,2,3,4\n"),
            "t.csv:2:5: found 4 cells, expected 2 as in the header");
}

TEST_F(CsvTest, StrayQuotesAreNamedByLineAndColumn) {
  EXPECT_EQ(ErrorOf("a,y\n1,\"2\n3,4\n"),
            "t.csv:2:3: found a quote that is never closed, expected a closing "
            "quote");
  EXPECT_THAT(ErrorOf("a,y\n1,2\"\"\n"),
              StartsWith("t.csv:2:4: found a quote inside a cell without "));
  EXPECT_THAT(ErrorOf("a,y\n\"1\"x,2\n"),
              StartsWith("t.csv:2:4: found \"x\" after a quote"));
}

TEST_F(CsvTest, RowsWithoutAnythingDoNotCount) {
  const absl::StatusOr<ImportedDataset> table =
      Import("\n,\na,y\n\n1,2\n , \n\n3,4\n,\n\n");
  ASSERT_OK(table);
  EXPECT_THAT(table->dataset.x, ElementsAre(1, 3));
  EXPECT_THAT(table->dataset.y, ElementsAre(2, 4));
  EXPECT_THAT(ErrorOf("a,y\n,\n\n"), HasSubstr("found no rows"));
}

// Spreadsheets leave columns without a name behind, and people their notes.
TEST_F(CsvTest, IgnoredColumnsMayShareAName) {
  import_.add_ignore("");
  import_.add_ignore("note");
  const absl::StatusOr<ImportedDataset> table =
      Import("y,note,a,,note,\n1,x,2,,z,\n2,,3,q,,\n");
  ASSERT_OK(table);
  EXPECT_THAT(table->dataset.x, ElementsAre(2, 3));
  EXPECT_THAT(ErrorOf("y,a,a,,note\n1,2,3,4,5\n"),
              StartsWith("t.csv:1:5: found the name \"a\" of column 2 again"));
}

TEST_F(CsvTest, HeadersMustNameEveryColumnOnce) {
  EXPECT_EQ(ErrorOf("a,b,a,y\n1,2,3,4\n"),
            "t.csv:1:5: found the name \"a\" of column 1 again, expected "
            "different names, or this one among the columns to `ignore`");
  EXPECT_THAT(ErrorOf(""), StartsWith("t.csv:1:1: found an empty file"));
  EXPECT_EQ(ErrorOf("1,2\n3,4\n"),
            "t.csv:1:1: found the number 1, expected a header line with the "
            "names of the columns");
  EXPECT_THAT(ErrorOf("a;y\n1;2\n"),
              HasSubstr("found one column, \"a;y\", expected at least two"));
  EXPECT_THAT(ErrorOf(",a,y\n0,1,2\n"),
              StartsWith("t.csv:1:1: found a column without a name"));
  EXPECT_THAT(ErrorOf("gr\xF6,y\n1,2\n"),
              StartsWith("t.csv:1:1: found \"gr\\xf6\", expected a name in"));
}

TEST_F(CsvTest, NamelessIndexColumnCanBeIgnored) {
  import_.add_ignore("");
  const auto imported = Import(",a,y\n0,1,2\n1,3,4\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->columns, ElementsAre("a"));
}

TEST_F(CsvTest, UnknownColumnsComeWithASuggestion) {
  import_.set_target(0, "concentration_pm");
  EXPECT_EQ(ErrorOf("source_batch,concentration_ppm,f1\n0,1,2\n"),
            "t.csv:1:1: found no column \"concentration_pm\" for the target, "
            "expected a name of the header; did you mean "
            "\"concentration_ppm\"?");
  EXPECT_EQ(ErrorOf("a,b\n1,2\n"),
            "t.csv:1:1: found no column \"concentration_pm\" for the target, "
            "expected one of \"a\", \"b\"");
  import_.set_target(0, "b");
  import_.add_ignore("zzzzzz");
  EXPECT_THAT(ErrorOf("a,b\n1,2\n"), HasSubstr("for the column to ignore"));
}

TEST_F(CsvTest, ColumnsHaveOneRole) {
  import_.add_ignore("y");
  EXPECT_THAT(ErrorOf("a,y\n1,2\n"),
              StartsWith("t.csv:1:3: found \"y\" named a second time"));
  import_.clear_ignore();
  import_.add_target("a");
  EXPECT_THAT(ErrorOf("a,y\n1,2\n"),
              HasSubstr("expected at least one column as a feature"));
  import_.clear_target();
  EXPECT_EQ(ErrorOf("a,y\n1,2\n"),
            "t.csv:1:1: found no target among the settings, expected `target`, "
            "the name of at least one of \"a\", \"y\"");
}

TEST_F(CsvTest, TablesNeedRows) {
  EXPECT_EQ(ErrorOf("a,y\n"),
            "t.csv:2:1: found no rows, expected at least one after the header");
  EXPECT_THAT(ErrorOf("a,y\n\n\n"), HasSubstr("found no rows"));
}

TEST_F(CsvTest, TargetsMustVary) {
  EXPECT_EQ(ErrorOf("a,y\n1,0.5\n2,0.5\n"),
            "t.csv: found target \"y\" to be the constant 0.5 in 2 rows, "
            "expected at least two values");
  import_.add_target("z");
  EXPECT_THAT(ErrorOf("a,y,z\n1,1,3\n2,2,3\n"),
              HasSubstr("found target \"z\" to be the constant 3"));
}

}  // namespace
}  // namespace fathom
