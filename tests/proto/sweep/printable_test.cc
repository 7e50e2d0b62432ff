#include "proto/sweep/printable.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace fathom {
namespace {

TEST(PrintableTest, LettersOfAllLanguagesStay) {
  for (const char* text :
       {"", "plain text, 100 % \"quoted\" \\ 'so'", "größe", "Ελλάδα", "数据",
        "می‌خواهم", "a\xCC\x88", "𝄞😀"}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(PrintableTest, WhatCommandsATerminalIsEscaped) {
  EXPECT_EQ(Printable("a\x1b[2Jb\nc\td\r"), "a\\x1b[2Jb\\nc\\td\\x0d");
  EXPECT_EQ(Printable(absl::string_view("\0\x7f", 2)), "\\x00\\x7f");
  // The one-character form of "escape [", which some terminals obey.
  EXPECT_EQ(Printable("\xC2\x9B"
                      "2J"),
            "\\u009b2J");
  EXPECT_EQ(Printable("\xC2\x80\xC2\xA0"), "\\u0080\xC2\xA0");
}

TEST(PrintableTest, WhatMakesTextReadAsAnotherIsEscaped) {
  EXPECT_EQ(Printable("a\u202Eb\u2066c\u2069\u200F\u061C"),
            "a\\u202eb\\u2066c\\u2069\\u200f\\u061c");
  EXPECT_EQ(Printable("one\u2028two\u2029"), "one\\u2028two\\u2029");
  EXPECT_EQ(Printable("\uFEFFname\u200B"), "\\ufeffname\\u200b");
  EXPECT_EQ(Printable("\U000E0041"), "\\U000e0041");
}

TEST(PrintableTest, BytesThatAreNoTextAreShownAsBytes) {
  EXPECT_EQ(Printable("gr\xF6\xDF"), "gr\\xf6\\xdf");
  EXPECT_EQ(Printable("\xC0\xAF"), "\\xc0\\xaf");           // Overlong.
  EXPECT_EQ(Printable("ö\xE2\x82"), "ö\\xe2\\x82");         // Cut off.
  EXPECT_EQ(Printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // Surrogate.
  EXPECT_EQ(Printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(ExcerptTest, CanStandBetweenQuotes) {
  EXPECT_EQ(Excerpt("a \"b\" \\ größe"), "a \\\"b\\\" \\\\ größe");
}

TEST(ExcerptTest, IsCutAtACharacter) {
  const std::string sixty(60, 'x');
  EXPECT_EQ(Excerpt(sixty), sixty);
  EXPECT_EQ(Excerpt(sixty + "y"), sixty + "...");
  EXPECT_EQ(Excerpt(std::string(59, 'x') + "öy"), std::string(59, 'x') + "...");
  EXPECT_EQ(Excerpt("äöü", 4), "äö...");
  EXPECT_EQ(Excerpt(std::string(100, '\x80')), "...");
}

TEST(PrintableLinesTest, EachLineIsPrintable) {
  EXPECT_EQ(PrintableLines("a\n\x1b[2J\n\nb\r\n"), "a\n\\x1b[2J\n\nb\\x0d\n");
  EXPECT_EQ(PrintableLines(""), "");
  EXPECT_EQ(PrintableLines("\n"), "\n");
}

}  // namespace
}  // namespace fathom
