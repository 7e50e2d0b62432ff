#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/data/import.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/data/files.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using test::Message;
using test::StatusIs;
using ::testing::Contains;
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

  // Returns the error of importing `content`, beginning with the name of the
  // file.
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
  import_.set_delimiter("space");
  EXPECT_EQ(test::Digest(Import(" a  y\n1 \t2 \n \"3\"   4\n")), digest);
  for (const char* bad : {"ab", "\"", "5", ".", "\n", "e", "#"}) {
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
  EXPECT_EQ(ErrorOf("a,y\n10,2\nabc,4\n"),
            "t.csv:3:1: found \"abc\", expected a number in column \"a\"; "
            "`ignore` leaves the column out, `categorical` takes its texts, "
            "`missing_value` names what stands for none");
  EXPECT_EQ(ErrorOf("a,y\n1,-inf\n"),
            "t.csv:2:3: found an infinite number, expected a plain number in "
            "column \"y\"");
  EXPECT_EQ(ErrorOf("a,y\n1,1e999\n"),
            "t.csv:2:3: found \"1e999\", too large for a double, expected a "
            "plain number in column \"y\"");
}

// Such cells are not texts that could be told apart.
TEST_F(CsvTest, NumbersInAnotherDressAreNoTexts) {
  EXPECT_EQ(ErrorOf("a\ty\n1,234\t2\n3\t4\n"),
            "t.csv:2:1: found \"1,234\", expected a plain number in column "
            "\"a\"; `decimal` says what its mark is, groups are not read");
  EXPECT_THAT(ErrorOf("a,y\n45%,2\n3%,4\n"),
              StartsWith("t.csv:2:1: found \"45%\", expected a plain number"));
  EXPECT_THAT(ErrorOf("a,y\n$5,2\n$3,4\n"), HasSubstr("a plain number"));
  EXPECT_THAT(ErrorOf("a;b;y\n1.234,5;0,5;2\n3,5;1;4\n"),
              StartsWith("t.csv:2:1: found \"1.234,5\", expected a plain"));
}

TEST_F(CsvTest, MissingValuesAreAnErrorThatSaysHowManyThereAre) {
  EXPECT_EQ(ErrorOf("a,b,y\n1,2,3\n4,,6\n"),
            "t.csv:3:3: found nothing in column \"b\", expected a number; "
            "`missing: drop` leaves out rows with missing values");
  EXPECT_EQ(ErrorOf("a,y\n1,2\n?,4\n5,NA\n7,8\nnan,\n9,NULL\n"),
            "t.csv:3:1: found ? in column \"a\", expected a number; `missing: "
            "drop` leaves out rows with missing values; 4 rows have some, next "
            "on lines 4, 6, 7");
  std::string many = "a,y\n1,2\n";
  for (int i = 0; i < 9; ++i) many += "1,N/A\n";
  EXPECT_THAT(ErrorOf(many),
              HasSubstr("9 rows have some, next on lines 4, 5, 6, 7, 8, ..."));
}

TEST_F(CsvTest, RowsWithMissingValuesCanBeLeftOut) {
  import_.set_missing(v1::MISSING_CELLS_DROP);
  import_.add_ignore("n");
  import_.add_missing_value("-200");
  import_.add_missing_value("none");
  const auto imported = Import(
      "a,n,sex,y\n1,,F,2\n,x,M,4\n-200.0,x,F,5\n5,?,other,none\n7,8,M,9\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.y, ElementsAre(2, 9));
  // A text that is only in a row that is left out becomes no feature.
  EXPECT_THAT(imported->columns, ElementsAre("a", "sex=F", "sex=M"));
  EXPECT_THAT(imported->dataset.x, ElementsAre(1, 1, 0, 7, 0, 1));
  EXPECT_THAT(imported->notes,
              Contains("3 rows with missing values are left out"));
  EXPECT_THAT(ErrorOf("a,n,sex,y\n,1,F,2\n"),
              HasSubstr("found 1 rows with missing values, expected at least "
                        "one without"));
}

TEST_F(CsvTest, TextsBecomeOneFeatureEach) {
  const auto imported =
      Import("id,city,y\n1,Ulm,2\n2,K\xC3\xB6ln,4\n3,Ulm,6\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->columns,
              ElementsAre("id", "city=K\xC3\xB6ln", "city=Ulm"));
  EXPECT_EQ(imported->dataset.columns, 3);
  EXPECT_THAT(imported->dataset.x, ElementsAre(1, 0, 1, 2, 1, 0, 3, 0, 1));
  EXPECT_THAT(imported->notes,
              ElementsAre("column \"city\" of texts is 2 features, one for "
                          "each of: K\xC3\xB6ln, Ulm"));
}

TEST_F(CsvTest, FlagsAreOneFeatureOfZeroAndOne) {
  const auto imported = Import("f,g,y\nTrue,false,1\nFalse,false,2\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->columns, ElementsAre("f", "g"));
  EXPECT_THAT(imported->dataset.x, ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(imported->notes,
              Contains("column \"f\" is 1 for true, 0 for false"));
}

TEST_F(CsvTest, ATargetOfTextsIsTheirNumber) {
  const auto imported = Import("a,y\n1,virginica\n2,setosa\n3,virginica\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.y, ElementsAre(1, 0, 1));
  EXPECT_THAT(imported->classes,
              ElementsAre(ElementsAre("setosa", "virginica")));
}

TEST_F(CsvTest, CategoriesAreNumbersTakenAsTexts) {
  import_.add_categorical("c");
  import_.add_categorical("y");
  const auto imported = Import("c,y\n10,3\n9,7\n9.0,5more\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->columns, ElementsAre("c=9", "c=10"));
  EXPECT_THAT(imported->dataset.x, ElementsAre(0, 1, 1, 0, 1, 0));
  EXPECT_THAT(imported->dataset.y, ElementsAre(0, 1, 2));
  EXPECT_THAT(ErrorOf("d,y\n1,2\n"),
              HasSubstr("no column \"c\" for the column of categories"));
}

TEST_F(CsvTest, AColumnIsOfNumbersOrOfTexts) {
  EXPECT_EQ(ErrorOf("a,y\nx,2\n3,4\n"),
            "t.csv:3:1: found the number 3, expected a text in column \"a\", "
            "as \"x\" on line 2; `ignore` leaves the column out, "
            "`categorical` takes both, `missing_value` names what stands for "
            "none");
  std::string names = "a,y\n";
  for (int i = 0; i <= 100; ++i) names += absl::StrCat("n", i, ",", i, "\n");
  EXPECT_THAT(ErrorOf(names),
              StartsWith("t.csv:102:1: found more than 100 different texts in "
                         "column \"a\", expected fewer"));
  import_.add_categorical("a");
  EXPECT_EQ(Import(names)->dataset.columns, 101);
  EXPECT_THAT(ErrorOf("a,y\n\xE9,2\n"), HasSubstr("a text in UTF-8"));
}

TEST_F(CsvTest, LinesInsideQuotesCount) {
  import_.add_ignore("n");
  EXPECT_THAT(ErrorOf("n,a,y\n\"1\n2\n3\",4,1e999\n"),
              StartsWith("t.csv:4:6: found \"1e999\""));
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

// Spreadsheets leave columns without a name behind, and people leave notes.
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
            "different names, or this one among the columns to `ignore`; a "
            "table without names takes `header: false`");
  EXPECT_THAT(ErrorOf(""), StartsWith("t.csv:1:1: found an empty file"));
  EXPECT_THAT(ErrorOf("a:y\n1:2\n"),
              HasSubstr("found one column, \"a:y\", expected at least two"));
  EXPECT_EQ(ErrorOf(",a,y\n7,1,2\n"),
            "t.csv:2:1: found \"7\" in a column without a name, expected a "
            "name in the header, or \"\" among the columns to `ignore`");
  EXPECT_THAT(ErrorOf("gr\xF6,y\n1,2\n"),
              StartsWith("t.csv:1:1: found \"gr\\xf6\", expected a name in"));
}

TEST_F(CsvTest, AColumnWithoutANameIsLeftOutWhenItSaysNothing) {
  const auto rows = Import(",a,y,,\n0,1,2,,\n1,3,4,,\n2,5,6,,\n");
  ASSERT_OK(rows);
  EXPECT_THAT(rows->columns, ElementsAre("a"));
  EXPECT_THAT(rows->notes,
              ElementsAre("the column without a name, the number of the row, "
                          "is left out",
                          "2 empty columns without a name are left out"));
  EXPECT_EQ(ErrorOf(",a,y\n1,1,2\n2,3,4\n4,5,6\n"),
            "t.csv:4:1: found \"4\" in a column without a name, expected the "
            "number of the row, 3, as above, or \"\" among the columns to "
            "`ignore`");
  EXPECT_THAT(ErrorOf("a,y,\n1,2,\n3,4,x\n"),
              StartsWith("t.csv:3:5: found \"x\" in a column without a name"));
}

TEST_F(CsvTest, NamelessIndexColumnCanBeIgnored) {
  import_.add_ignore("");
  const auto imported = Import(",a,y\n5,1,2\n3,3,4\n");
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

TEST_F(CsvTest, SeveralNamesInOneAreTakenApart) {
  import_.set_target(0, "y,b");
  EXPECT_THAT(ErrorOf("a,b,y\n1,2,3\n"),
              HasSubstr("found \"y,b\" as one name of a target, expected each "
                        "name alone: `--target` and `--ignore` once per "
                        "column"));
  import_.set_target(0, "y");
  import_.add_ignore("Date Time");
  EXPECT_THAT(ErrorOf("Date,Time,a,y\n1,2,3,4\n"),
              HasSubstr("found \"Date Time\" as one name of a column to "
                        "ignore"));
  EXPECT_THAT(ErrorOf("Date,a,y\n1,2,3\n"),
              HasSubstr("found no column \"Date Time\""));
}

TEST_F(CsvTest, ALineOfUnitsIsNamed) {
  EXPECT_THAT(ErrorOf("t,v,y\ns,m/s,kg\n0.0,1,2\n"),
              HasSubstr("t.csv:3:1: found the number 0.0, expected a text in "
                        "column \"t\", as \"s\" on line 2; line 2 looks like "
                        "units"));
  // A column of texts and numbers does not look like a column with a unit.
  EXPECT_THAT(ErrorOf("t,v,y\nmany,1,2\n3,1,2\n"),
              HasSubstr("`categorical` takes both"));
  EXPECT_THAT(ErrorOf("t,v,y\na,b,c\nd,e,f\n3,1,2\n"),
              HasSubstr("`categorical` takes both"));
}

TEST_F(CsvTest, AColumnWithoutAnyValueIsNamed) {
  EXPECT_EQ(ErrorOf("a,c,y\n1,,2\n3,NA,4\n"),
            "t.csv: found no value at all in column \"c\", expected it among "
            "the columns to `ignore`");
  import_.set_missing(v1::MISSING_CELLS_DROP);
  EXPECT_THAT(ErrorOf("a,c,d,y\n1,,?,2\n3,,,4\n"),
              HasSubstr("in columns \"c\", \"d\", expected them"));
  EXPECT_OK(Import("a,c,y\n1,,2\n3,1,4\n2,1,5\n"));
}

TEST_F(CsvTest, MarksOfOtherProgramsAreMissing) {
  import_.set_missing(v1::MISSING_CELLS_DROP);
  const auto imported =
      Import("a,b,y\n1,None,2\n#N/A,1,3\n1,<NA>,4\n5,6,7\n6,7,8\n");
  ASSERT_OK(imported);
  EXPECT_THAT(imported->dataset.y, ElementsAre(7, 8));
  EXPECT_THAT(imported->notes, Contains("3 rows with missing values are left "
                                        "out"));
  // In small letters the word is a text like others.
  const auto texts = Import("a,b,y\nnone,1,2\nfull,1,3\n");
  ASSERT_OK(texts);
  EXPECT_THAT(texts->columns, ElementsAre("a=full", "a=none", "b"));
}

}  // namespace
}  // namespace fathom::client
