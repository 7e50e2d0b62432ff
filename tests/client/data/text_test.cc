#include "client/data/text.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace fathom::client {
namespace {

TEST(TextTest, NumbersAreReadToTheNearestDouble) {
  EXPECT_EQ(ParseNumber("13624.1063"), 13624.1063);
  EXPECT_EQ(ParseNumber("-2.5e-3"), -0.0025);
  EXPECT_EQ(ParseNumber("+7"), 7.0);
  EXPECT_EQ(ParseNumber(".5"), 0.5);
  EXPECT_EQ(ParseNumber("5."), 5.0);
  EXPECT_EQ(ParseNumber("0.1000000000000000055511151231257827"), 0.1);
  EXPECT_EQ(ParseNumber("5e-324"), 5e-324);
}

TEST(TextTest, NumbersTooSmallForADoubleAreZero) {
  EXPECT_EQ(ParseNumber("1e-400"), 0.0);
}

TEST(TextTest, EverythingElseIsNotANumber) {
  for (const char* text :
       {"", "+", "-", "+-1", "++1", "1 ", " 1", "1,5", "0x10", "1e", "1e999",
        "-1e999", "nan", "NaN", "inf", "-Infinity", "abc", "1_000", "--1"}) {
    EXPECT_EQ(ParseNumber(text), std::nullopt) << text;
  }
}

TEST(TextTest, WhatIsNotANumberIsDescribed) {
  EXPECT_EQ(DescribeNumber(""), "nothing");
  EXPECT_EQ(DescribeNumber("nan"), "NaN");
  EXPECT_EQ(DescribeNumber("-inf"), "an infinite number");
  EXPECT_EQ(DescribeNumber("1e999"), "\"1e999\", too large for a double");
  EXPECT_EQ(DescribeNumber("n/a"), "\"n/a\"");
}

TEST(TextTest, QuotedTextIsShortOneLineAndUtf8) {
  EXPECT_EQ(QuoteText("a\n\"b"), "\"a\\n\\\"b\"");
  EXPECT_EQ(QuoteText("Größe"), "\"Größe\"");
  EXPECT_EQ(QuoteText("Gr\xF6sse"), "\"Gr\\xf6sse\"");
  EXPECT_EQ(QuoteText(std::string(100, 'x')),
            "\"" + std::string(40, 'x') + "...\"");
  // The cut does not split the two bytes of a character.
  EXPECT_EQ(QuoteText(std::string(39, 'x') + "öö"),
            "\"" + std::string(39, 'x') + "...\"");
}

TEST(TextTest, Utf8IsToldFromOtherBytes) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("aö€𝄞"));
  EXPECT_FALSE(IsUtf8("\x80"));
  EXPECT_FALSE(IsUtf8("\xC0\xAF"));          // Overlong.
  EXPECT_FALSE(IsUtf8("\xE2\x82"));          // Cut off.
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));      // Surrogate.
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));  // Past the last character.
}

}  // namespace
}  // namespace fathom::client
