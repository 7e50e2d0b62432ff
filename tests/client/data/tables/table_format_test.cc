// These tests find out how a table is written from its first lines.
#include "client/data/tables/table_format.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Returns the description of a table, for example "separated by ;, decimal
// commas"; "" for a csv table with a header.
std::string Found(const std::string& head, const v1::DataImport& import = {}) {
  const auto format = FindTableFormat(import, head);
  return format.ok() ? Describe(*format)
                     : std::string(format.status().message());
}

constexpr char kNoHeader[] = "no header: columns are called column_1, ...";

TEST(TableFormatTest, TheSeparatorCutsAllLinesAlike) {
  EXPECT_EQ(Found("a,b\n1,2\n"), "");
  EXPECT_EQ(Found("a;b\n1;2\n"), "separated by ;");
  EXPECT_EQ(Found("a|b\n1|2\n"), "separated by |");
  EXPECT_EQ(Found("a\tb\n1\t\n"), "separated by tabs");
  // Runs of tabs are blanks.
  EXPECT_EQ(Found("a\tb c\n1\t\t2  3\n"), "separated by blanks");
  // Characters in quotes, and in single lines, separate nothing.
  EXPECT_EQ(Found("\"a;1\",b\n\"x;y\",2\n"), "");
  EXPECT_EQ(Found("a,b\n1;2,3\n4,5\n"), "");
  EXPECT_EQ(Found("time,b\n10:00 am,2\n"), "");
  // A ragged line does not change what the other lines say.
  EXPECT_EQ(Found("a;b\n1;2\n3;4;5\n"), "separated by ;");
  EXPECT_EQ(Found("a,b,c\n1,2,3\n4,5\n"), "");
}

TEST(TableFormatTest, CommasAreDecimalMarksWhereNothingSpeaksAgainstIt) {
  EXPECT_EQ(Found("a;b\n1,5;2\n"), "separated by ;, decimal commas");
  EXPECT_EQ(Found("a\tb\n0,125\t2\n"), "separated by tabs, decimal commas");
  EXPECT_EQ(Found("a;b\n1,5;2.5\n"), "separated by ;");
  // These commas separate thousands.
  EXPECT_EQ(Found("a;b\n1,234;2\n"), "separated by ;");
  EXPECT_EQ(Found("a,b\n\"1,5\",2\n"), "");
  v1::DataImport import;
  import.set_decimal(",");
  EXPECT_EQ(Found("a,b\n\"1,5\",2\n", import), "decimal commas");
  import.set_decimal("'");
  EXPECT_THAT(Found("a,b\n", import), HasSubstr("expected . or ,"));
}

TEST(TableFormatTest, AHeaderHasATextAboveNumbersOrNoNumberAtAll) {
  EXPECT_EQ(Found("1,2\n3,4\n"), kNoHeader);
  EXPECT_EQ(Found("1,x\n3,y\n"), kNoHeader);
  EXPECT_EQ(Found("1,?\n3,4\n"), kNoHeader);
  EXPECT_EQ(Found("2001,y\n3,4\n"), "");
  EXPECT_EQ(Found("a,b\nx,y\n"), "");
  EXPECT_EQ(Found("0,1,2\n5,6,7\n"), "");
  EXPECT_EQ(Found(",0,1,2\n0,5,6,7\n"), "");
  EXPECT_EQ(Found("0,1,3\n5,6,7\n"), kNoHeader);
  v1::DataImport import;
  import.set_header(false);
  EXPECT_EQ(Found("a,b\nx,y\n", import), kNoHeader);
  import.set_header(true);
  EXPECT_EQ(Found("1,2\n3,4\n", import), "");
}

TEST(TableFormatTest, CommentsDoNotCountButMayHoldTheNames) {
  EXPECT_EQ(Found("# by, us\na,b\n1,2\n"), "");
  const auto names = [](const std::string& head) {
    return FindTableFormat({}, head)->comment_names;
  };
  EXPECT_THAT(names("# x,y\n# a,b\n1,2\n"), ElementsAre("a", "b"));
  EXPECT_THAT(names("% a b\n1 2\n"), ElementsAre("a", "b"));
  EXPECT_THAT(names("#,b\n1,2\n"), ElementsAre("#", "b"));
  EXPECT_THAT(names("# x\n1,2\n"), ElementsAre());
  EXPECT_EQ(Found("# a,b\n1,2\n"), "names from a comment");
}

TEST(TableFormatTest, RowsWithOneCellMoreHaveNames) {
  EXPECT_EQ(Found("a b\nx 1 2\ny 3 4\n"),
            "separated by blanks, names of rows left out");
  EXPECT_EQ(Found("a,b\nx,1,2\ny,3,4\n"), "names of rows left out");
  EXPECT_EQ(Found("a,b\n1,2,\n3,4,\n"), "");
  EXPECT_EQ(Found("a,b\n"), "");
  EXPECT_EQ(Found(""), "");
}

TEST(TableFormatTest, OnlyWholeLinesOfALongTableAreLookedAt) {
  std::string head = "a;b\n";
  while (head.size() < 70'000) absl::StrAppend(&head, "12345,5;2345\n");
  EXPECT_EQ(Found(head), "separated by ;, decimal commas");
}

TEST(CellReaderTest, NumbersAreThoseOfTheDecimalMark) {
  const CellReader point({}, '.');
  const CellReader comma({}, ',');
  EXPECT_EQ(point.Number("-1.5e3"), -1500);
  EXPECT_EQ(comma.Number("-1,5e3"), -1500);
  EXPECT_EQ(comma.Number("12"), 12);
  EXPECT_EQ(comma.Number("1.5"), std::nullopt);
  EXPECT_EQ(comma.Number("1,5,0"), std::nullopt);
  for (const char* text : {"1,234", "1,5", "45%", "$3", "inf", "1e999"}) {
    EXPECT_TRUE(point.IsAlmostNumber(text)) << text;
  }
  for (const char* text : {"10:30", "2004-01-01", "18.00.00", "a", "5more"}) {
    EXPECT_FALSE(point.IsAlmostNumber(text)) << text;
    EXPECT_FALSE(comma.IsAlmostNumber(text)) << text;
  }
  EXPECT_TRUE(comma.IsAlmostNumber("1.234.567,8"));
  EXPECT_TRUE(comma.IsAlmostNumber("1.234"));
}

}  // namespace
}  // namespace fathom::client
