#include "client/view/width.h"

#include <string>

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

TEST(WidthTest, LettersTakeTheColumnsOfATerminal) {
  EXPECT_EQ(DisplayWidth(""), 0);
  EXPECT_EQ(DisplayWidth("depth ±0.1"), 10);
  EXPECT_EQ(DisplayWidth("für"), 3);
  EXPECT_EQ(DisplayWidth("深さ"), 4);
  EXPECT_EQ(DisplayWidth("깊이"), 4);
  EXPECT_EQ(DisplayWidth("ｗｉｄｅ"), 8);
  EXPECT_EQ(DisplayWidth("🙂"), 2);
  EXPECT_EQ(DisplayWidth("a\u0301"), 1);        // An accent on the a.
  EXPECT_EQ(DisplayWidth("ก\u0e34\u0e48"), 1);  // Two marks of Thai on one.
  EXPECT_EQ(DisplayWidth("▕█▏ ⣿ λ₁"), 8);
}

TEST(WidthTest, BytesThatAreNoTextTakeAColumnEach) {
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2);
  EXPECT_EQ(DisplayWidth("a\xe6\xb7"), 3);  // Cut within a letter.
  EXPECT_EQ(DisplayWidth(std::string(3, '\x80')), 3);
}

TEST(WidthTest, TextIsCutBetweenLetters) {
  EXPECT_EQ(CutToWidth("depth", 3), "dep");
  EXPECT_EQ(CutToWidth("depth", 9), "depth");
  EXPECT_EQ(CutToWidth("深さ", 3), "深");
  EXPECT_EQ(CutToWidth("深さ", 1), "");
  EXPECT_EQ(CutToWidth("ba\u0301b", 2), "ba\u0301");
  EXPECT_EQ(CutToWidth("depth", 0), "");
  EXPECT_EQ(CutToWidth("depth", -1), "");
}

}  // namespace
}  // namespace fathom::client
