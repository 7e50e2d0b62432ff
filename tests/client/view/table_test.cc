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
  EXPECT_EQ(RenderTable(table, 30), wide);
  table.sentences = true;
  EXPECT_EQ(RenderTable(table, 0), wide);
  EXPECT_EQ(RenderTable(table, 33), wide);
  EXPECT_EQ(RenderTable(table, 30),
            "name  what it is\n"
            "----  -----------------------\n"
            "a     one two three four five\n"
            "        six\n"
            "bb    short\n");
  EXPECT_EQ(RenderTable(table, 20), wide);  // No room for sentences.
}

}  // namespace
}  // namespace fathom::client
