#include "client/view/format.h"

#include "client/view/table.h"
#include "gmock/gmock.h"

namespace fathom {
namespace {

TEST(FormatTest, CountsHaveCommasBetweenThousands) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1000), "1,000");
  EXPECT_EQ(CountText(-1234567), "-1,234,567");
  EXPECT_EQ(CountText(-123), "-123");
  EXPECT_EQ(CountText(1, "trial"), "1 trial");
  EXPECT_EQ(CountText(4000, "trial"), "4,000 trials");
}

TEST(FormatTest, RatesHaveAFewDigits) {
  EXPECT_EQ(RateText(0.0421), "0.042");
  EXPECT_EQ(RateText(1.84), "1.8");
  EXPECT_EQ(RateText(99.6), "100");
  EXPECT_EQ(RateText(12345), "12.3k");
  EXPECT_EQ(RateText(3.4e6), "3.4M");
}

TEST(FormatTest, DurationsAreRoundedToSeconds) {
  EXPECT_EQ(DurationText(absl::Seconds(-3)), "0:00");
  EXPECT_EQ(DurationText(absl::Milliseconds(6600)), "0:07");
  EXPECT_EQ(DurationText(absl::Seconds(754)), "12:34");
  EXPECT_EQ(DurationText(absl::Seconds(11100)), "3:05:00");
  EXPECT_EQ(DurationText(absl::Hours(51) + absl::Minutes(5)), "2 d 03:05");
}

TEST(FormatTest, MeasurementsHaveFourDigits) {
  EXPECT_EQ(MeasureText(0.139), "0.1390");
  EXPECT_EQ(MeasureText(1), "1.000");
  EXPECT_EQ(MeasureText(0), "0.000");
  EXPECT_EQ(MeasureText(1234), "1234");
  EXPECT_EQ(MeasureText(2.75e-8), "2.750e-8");
  EXPECT_EQ(MeasureText(1.5e20), "1.500e20");
}

TEST(FormatTest, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2Jb\nc\td"), "a\\x1b[2Jb\\nc\\td");
  EXPECT_EQ(Printable("für"), "für");
}

TEST(FormatTest, ShellWordsAreQuotedWhenTheyNeedIt) {
  EXPECT_EQ(ShellQuote("fathom.db"), "fathom.db");
  EXPECT_EQ(ShellQuote("SELECT 'a'"), "\"SELECT 'a'\"");
  EXPECT_EQ(ShellQuote("cost $5 'now'"), "'cost $5 '\\''now'\\'''");
  EXPECT_EQ(ShellQuote(""), "\"\"");
}

TEST(FormatTest, FileNamesOfSweepsHaveNoSlash) {
  EXPECT_EQ(FileNameOf("paper/fig-3.b"), "paper-fig-3.b");
}

TEST(TableTest, ColumnsAreAlignedByCharacters) {
  const Table table{{"name", "n"}, {false, true}, {{"für", "7"}, {"b", "100"}}};

  EXPECT_EQ(RenderTable(table),
            "name    n\n"
            "----  ---\n"
            "für     7\n"
            "b     100\n");
}

TEST(TableTest, ShortRowsAreFilledUp) {
  const Table table{{"a", "b"}, {false, false}, {{"1"}}};

  EXPECT_EQ(RenderTable(table), "a  b\n-  -\n1\n");
}

TEST(FormatTest, SettingsHaveAtMostFourDigits) {
  v1::Value value;
  value.set_number(0.0031622776601683795);
  EXPECT_EQ(SettingText(value), "0.003162");
  value.set_number(4);
  EXPECT_EQ(SettingText(value), "4");
  value.set_number(1e-6);
  EXPECT_EQ(SettingText(value), "1e-6");
  value.set_integer(123456);
  EXPECT_EQ(SettingText(value), "123456");
}

TEST(FormatTest, TimesSayTheirZone) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(TimeText(time), "-");
  time.set_seconds(1'714'566'896);
  EXPECT_EQ(TimeText(time), "2024-05-01 12:34:56 UTC");
}

}  // namespace
}  // namespace fathom
