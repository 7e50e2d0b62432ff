#include "client/view/table.h"

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

TEST(TableTest, SentencesAreBrokenWhereTheTableIsTooWide) {
  Table table{{"name", "what it is"},
              {false, false},
              {{"a", "one two three four five six"}, {"bb", "short"}}};
  const std::string wide =
      "name  what it is\n"
      "----  ---------------------------\n"
      "a     one two three four five six\n"
      "bb    short\n";
  EXPECT_EQ(RenderTable(table, 0), wide);
  EXPECT_EQ(RenderTable(table, 60), wide);
  table.sentences = true;
  EXPECT_EQ(RenderTable(table, 0), wide);
  EXPECT_EQ(RenderTable(table, 33), wide);
  EXPECT_EQ(RenderTable(table, 30),
            "name  what it is\n"
            "----  -----------------------\n"
            "a     one two three four five\n"
            "        six\n"
            "bb    short\n");
  // No room for sentences.
  EXPECT_EQ(RenderTable(table, 20),
            "name: a\n"
            "what it is: one two\n"
            "  three four five\n"
            "  six\n"
            "\n"
            "name: bb\n"
            "what it is: short\n");
}

TEST(TableTest, LettersThatAreWideOrNoneStandInTheirColumns) {
  const Table table{{"name", "深度"},
                    {false, true},
                    {{"学習", "1"}, {"a\u0301e\u0301", "12"}, {"abcd", "3"}}};
  EXPECT_EQ(RenderTable(table, 0),
            "name  深度\n"
            "----  ----\n"
            "学習     1\n"
            "a\u0301e\u0301      12\n"
            "abcd     3\n");
}

TEST(TableTest, NarrowTerminalsGetALinePerCell) {
  const Table table{
      {"sweep", "name", "a long header of a column"},
      {true, false, true},
      {{"1", "first", "12"}, {"2", "", "an endless-cell-of-one"}}};
  const std::string records =
      "sweep: 1\nname: first\na long header of a column: 12\n\n"
      "sweep: 2\na long header of a column: an endless-cell-of-one\n";
  EXPECT_EQ(RenderTable(table, 20), records);
  EXPECT_EQ(RenderTable(table, 31), records);
  // Beside the key there is room for each column.
  EXPECT_EQ(RenderTable(table, 32),
            "sweep  name\n"
            "-----  -----\n"
            "    1  first\n"
            "    2\n"
            "\n"
            "sweep  a long header of a column\n"
            "-----  -------------------------\n"
            "    1                         12\n"
            "    2     an endless-cell-of-one\n");
  // Without rows the header says what there would be.
  EXPECT_EQ(RenderTable({{"a", "b"}, {false, false}, {}}, 1), "a  b\n-  -\n");
}

}  // namespace
}  // namespace fathom::client
