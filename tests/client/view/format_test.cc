#include "client/view/format.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/view/table.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;

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
  EXPECT_EQ(DurationText(absl::Hours(48) - absl::Seconds(1)), "47:59:59");
  EXPECT_EQ(DurationText(absl::Hours(48)), "2 d 00:00");
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

  EXPECT_EQ(RenderTable(table, 0),
            "name    n\n"
            "----  ---\n"
            "für     7\n"
            "b     100\n");
}

TEST(TableTest, WhatIsTooWideComesInPartsWithTheKeys) {
  const Table table{.header = {"depth", "lp", "rate", "mean", "median"},
                    .right = {true, true, true, true, true},
                    .rows = {{"1", "4", "1e-3", "0.125", "0.25"},
                             {"2", "4", "1e-2", "0.5", "0.75"}},
                    .keys = 2};
  EXPECT_EQ(RenderTable(table, 22),
            "depth  lp  rate   mean\n"
            "-----  --  ----  -----\n"
            "    1   4  1e-3  0.125\n"
            "    2   4  1e-2    0.5\n"
            "\n"
            "depth  lp  median\n"
            "-----  --  ------\n"
            "    1   4    0.25\n"
            "    2   4    0.75\n");
}

TEST(TableTest, NoLineIsWiderThanTheTerminalUnlessOneColumnIs) {
  Table table;
  for (int i = 0; i < 12; ++i) {
    table.header.push_back(std::string(static_cast<size_t>(i % 5 + 1), 'h'));
    table.right.push_back(i % 2 == 0);
  }
  table.rows.push_back(std::vector<std::string>(12, "value"));
  for (int width = 1; width < 100; ++width) {
    const std::string text = RenderTable(table, width);
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      EXPECT_LE(DisplayWidth(std::string(line)), std::max(width, 12)) << width;
    }
    size_t values = 0;
    for (size_t at = text.find("value"); at != std::string::npos;
         at = text.find("value", at + 1)) {
      ++values;
    }
    EXPECT_GE(values, 12U) << width;
  }
  EXPECT_EQ(RenderTable(table, 1000), RenderTable(table, 0));
}

TEST(TableTest, ShortRowsAreFilledUp) {
  const Table table{{"a", "b"}, {false, false}, {{"1"}}};

  EXPECT_EQ(RenderTable(table, 0), "a  b\n-  -\n1\n");
}

TEST(WrapLinesTest, LongLinesBreakBetweenWordsAndCommandsDoNot) {
  const std::string text =
      "depth 2 is 2.21x faster\n  two three four\n"
      "  fathom query 'SELECT 1 FROM results'\n";
  EXPECT_EQ(WrapLines(text, 12),
            "depth 2 is\n  2.21x\n  faster\n"
            "  two three\n    four\n"
            "  fathom query 'SELECT 1 FROM results'\n");
  EXPECT_EQ(WrapLines(text, 0), text);
  EXPECT_EQ(WrapLines("averylongword", 4), "averylongword");
}

v1::Value Number(double number) {
  v1::Value value;
  value.set_number(number);
  return value;
}

v1::Value Text(const std::string& text) {
  v1::Value value;
  value.set_text(text);
  return value;
}

TEST(FormatTest, SettingsAreExactAndFitASpec) {
  const struct {
    double number;
    const char* text;
  } kCases[] = {{0.1234567, "0.1234567"},
                {0.123456, "0.123456"},
                {0.9999, "0.9999"},
                {0.99999, "0.99999"},
                {1e-6, "1e-6"},
                {2.8480358684358e-05, "2.8480358684358e-5"},
                {0.0031622776601683794, "0.0031622776601683794"},
                {2.0000001, "2.0000001"},
                {0.3, "0.3"},
                {0.30000000000000004, "0.30000000000000004"},
                {4, "4"},
                {5e-324, "5e-324"}};
  for (const auto& [number, text] : kCases) {
    EXPECT_EQ(SettingText(Number(number)), text);
    EXPECT_EQ(std::strtod(text, nullptr), number);
  }
  v1::Value integer;
  integer.set_integer(1234567);
  EXPECT_EQ(SettingText(integer), "1234567");
  EXPECT_EQ(SettingText(Text("a\x1b[2J")), "a\\x1b[2J");
}

TEST(FormatTest, SettingsAreCalledWhatCanBeTyped) {
  EXPECT_EQ(SettingsText({"optimizer", "lp", "learning_rate"},
                         std::vector<v1::Value>{Text("adam"), Number(4),
                                                Number(0.1234567)}),
            "optimizer = adam, lp = 4, learning_rate = 0.1234567");
  EXPECT_EQ(SettingsText({}, std::vector<v1::Value>()), "");
}

TEST(FormatTest, AnErrorHasAnExponentWhereItsValueHasOne) {
  EXPECT_EQ(StandardErrorText(5.677e-6, 2.7e-9), "±2.7e-9");
  EXPECT_EQ(StandardErrorText(5.677e-6, 2e-4), "±2.0e-4");
  EXPECT_EQ(StandardErrorText(5.677e-12, 1.25e-13), "±1.2e-13");
  EXPECT_EQ(StandardErrorText(1.5e20, 3e18), "±3.0e18");
  EXPECT_EQ(StandardErrorText(0.139, 0.00123), "±0.0012");
  EXPECT_EQ(StandardErrorText(0.139, 2.3456e-5), "±0.000023");
  EXPECT_EQ(StandardErrorText(0.139, 9.96e-5), "±0.00010");
  EXPECT_EQ(StandardErrorText(0.139, 2.3e-12), "±2.3e-12");
  EXPECT_EQ(StandardErrorText(1234, 41.3), "±41");
  EXPECT_EQ(StandardErrorText(1234, 123.4), "±120");
  EXPECT_EQ(StandardErrorText(1234, 99.7), "±100");
  EXPECT_EQ(StandardErrorText(0.5, 0), "±0.0");
  EXPECT_EQ(StandardErrorText(0.5, NAN), "±nan");
}

v1::SweepSpec Over(const std::string& field,
                   const std::vector<double>& values) {
  v1::SweepSpec spec;
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field(field);
  for (const double value : values) {
    *axis.mutable_list()->add_values() = Number(value);
  }
  return spec;
}

std::vector<std::string> ShortTexts(const std::vector<double>& values) {
  const ShortSettings settings(Over("optimizer.beta2", values));
  std::vector<std::string> texts;
  for (const double value : values) {
    texts.push_back(settings.Text("beta2", Number(value)));
  }
  return texts;
}

TEST(ShortSettingsTest, FourDigitsAreEnoughForMost) {
  EXPECT_THAT(ShortTexts({0.0031622776601683795, 0.01, 2.8480358684358e-05}),
              ElementsAre("0.003162", "0.01", "2.848e-5"));
}

TEST(ShortSettingsTest, MoreTellTheValuesOfAnAxisApart) {
  EXPECT_THAT(ShortTexts({0.999, 0.9999, 0.99999, 0.999999}),
              ElementsAre("0.999", "0.9999", "0.99999", "0.999999"));
  EXPECT_THAT(ShortTexts({0.123456, 0.1234567, 0.5678912}),
              ElementsAre("0.123456", "0.123457", "0.567891"));
  EXPECT_THAT(ShortTexts({0.3, 0.30000000000000004}),
              ElementsAre("0.3", "0.30000000000000004"));
  // Five digits would give 1.0001 twice, and four digits give 1 twice.
  EXPECT_THAT(ShortTexts({1.0001, 1.000149, 1.000151}),
              ElementsAre("1.0001", "1.000149", "1.000151"));
}

TEST(ShortSettingsTest, OnlyOneLooksLikeOne) {
  EXPECT_THAT(ShortTexts({0.9, 0.99999}), ElementsAre("0.9", "0.99999"));
  EXPECT_THAT(ShortTexts({1, 2.00001}), ElementsAre("1", "2"));
}

TEST(ShortSettingsTest, EveryAxisHasDigitsOfItsOwn) {
  v1::SweepSpec spec = Over("beta2", {0.9999, 0.99999});
  v1::Axis& rate = *spec.mutable_axes(0)->add_axes();
  rate.set_field("optimizer.learning_rate");
  rate.mutable_log()->set_from(1e-5);
  rate.mutable_log()->set_to(1);
  rate.mutable_log()->set_count(12);
  v1::Axis& rule = *spec.add_axes()->add_axes();
  rule.set_field("optimizer.name");
  *rule.mutable_list()->add_values() = Text("gd");
  const ShortSettings settings(spec);

  EXPECT_EQ(settings.Text("beta2", Number(0.99999)), "0.99999");
  EXPECT_EQ(settings.Text("learning_rate", Number(2.8480358684358e-05)),
            "2.848e-5");
  EXPECT_EQ(settings.Text("optimizer", Text("gd")), "gd");
  EXPECT_EQ(settings.Text("lp", Number(1.23456789)), "1.23456789");
}

TEST(ShortSettingsTest, AHugeAxisKeepsAllDigits) {
  v1::SweepSpec spec;
  v1::Axis& axis = *spec.add_axes()->add_axes();
  axis.set_field("optimizer.learning_rate");
  axis.mutable_linspace()->set_from(1);
  axis.mutable_linspace()->set_to(2);
  axis.mutable_linspace()->set_count(int64_t{1} << 40);
  EXPECT_EQ(ShortSettings(spec).Text("learning_rate", Number(1.23456789)),
            "1.23456789");
}

TEST(FormatTest, TimesSayTheirZone) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(TimeText(time), "-");
  time.set_seconds(1'714'566'896);
  EXPECT_EQ(TimeText(time), "2024-05-01 12:34:56 UTC");
}

}  // namespace
}  // namespace fathom::client
