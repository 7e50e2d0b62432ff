#include "client/view/plots/text_plot.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/view/format.h"
#include "client/view/plots/text_canvas.h"
#include "gmock/gmock.h"

namespace fathom::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A curve that falls as 1 / (1 + step).
Plot MakeTextPlot() {
  Plot plot = {.name = "t", .sweep = 3, .subtitle = "best setting per depth"};
  plot.x_label = "step";
  plot.y_label = "loss";
  plot.panels.resize(1);
  for (const double scale : {1.0, 10.0}) {
    Plot::Line line = {.label = absl::StrCat("scale ", scale)};
    for (int step = 0; step <= 1000; step += 50) {
      line.curve.at.push_back(step);
      line.curve.values.push_back(scale / (1 + step));
    }
    plot.panels[0].lines.push_back(line);
  }
  return plot;
}

void ExpectWithin(const std::string& text, int width) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    EXPECT_LE(DisplayWidth(line), width) << line;
  }
}

TEST(TextCanvasTest, ABrailleCharacterHasTwoByFourDots) {
  TextCanvas canvas(1, 1, true);
  EXPECT_EQ(canvas.dots_across(), 2);
  EXPECT_EQ(canvas.dots_up(), 4);
  canvas.Line(0, 0, 0, 3, 0, false);
  EXPECT_EQ(canvas.Row(0, false), "⡇");
  canvas.Line(0, 0, 1, 0, 0, false);
  EXPECT_EQ(canvas.Row(0, false), "⣇");
}

TEST(TextCanvasTest, AsciiHasALetterPerLineAndColoursAreEscapes) {
  TextCanvas canvas(4, 2, false);
  canvas.Line(0, 0, 3, 0, 1, false);
  EXPECT_EQ(canvas.Row(0, false), "");
  EXPECT_EQ(canvas.Row(1, false), "bbbb");
  canvas.Put(1, 0, "x", 0);
  EXPECT_EQ(canvas.Row(1, false), "bxbb");
  EXPECT_THAT(canvas.Row(1, true), HasSubstr("\x1b[36mx\x1b[0m"));
}

TEST(TextCanvasTest, WhatLiesOutsideIsCutOff) {
  TextCanvas canvas(3, 1, false);
  canvas.Line(-1'000'000'000, 0, 1'000'000'000, 0, 0, false);
  EXPECT_EQ(canvas.Row(0, false), "aaa");
  canvas.Put(7, 7, "x", 0);
  EXPECT_EQ(canvas.Row(0, false), "aaa");
}

TEST(TextCanvasTest, ADashedLineHasGaps) {
  TextCanvas canvas(20, 1, false);
  canvas.Line(0, 0, 19, 0, 0, true);
  EXPECT_THAT(canvas.Row(0, false), HasSubstr("a "));
}

TEST(TextPlotTest, EveryLineFitsEveryWidth) {
  Plot plot = MakeTextPlot();
  plot.panels[0].lines[0].label = std::string(200, 'x');
  plot.panels[0].title = std::string(90, 't');
  for (const int width : {20, 40, 80, 500}) {
    for (const bool unicode : {false, true}) {
      SCOPED_TRACE(absl::StrCat(width, " ", unicode));
      const std::string text =
          PlotText(plot, {.width = width, .unicode = unicode});
      ExpectWithin(text, width);
      EXPECT_THAT(text, HasSubstr("\nb scale 10\n"));
      EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    }
  }
}

TEST(TextPlotTest, TheAxesHaveTicksAndTheLinesTheirLetters) {
  const std::string text = PlotText(MakeTextPlot(), {.width = 60});
  EXPECT_THAT(text, HasSubstr("t (sweep 3)\nbest setting per depth\nloss\n"));
  EXPECT_THAT(text, HasSubstr("\n 0.01|"));
  EXPECT_THAT(text, HasSubstr(" 10 "));
  EXPECT_THAT(text, HasSubstr("1000\n      step\na scale 1\n"));
  const std::string coloured =
      PlotText(MakeTextPlot(), {.width = 60, .unicode = true, .colour = true});
  EXPECT_THAT(coloured, HasSubstr("\x1b[33mb\x1b[0m scale 10\n"));
}

TEST(TextPlotTest, OddCurvesAreSaidAndDrawNothingWrong) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Plot plot = MakeTextPlot();
  plot.panels[0].lines = {
      {.label = "one point", .curve = {.at = {5}, .values = {0.5}}},
      {.label = "zero", .curve = {.at = {0, 5}, .values = {0, 0}}},
      {.label = "huge", .curve = {.at = {0, 5}, .values = {1e308, 1e-308}}},
      {.label = "odd", .curve = {.at = {0, 5}, .values = {kInfinity, NAN}}},
      {.label = "none"}};
  for (const PlotScale scale : {PlotScale::kLog, PlotScale::kLinear}) {
    plot.y_scale = scale;
    const std::string text = PlotText(plot, {.width = 40});
    ExpectWithin(text, 40);
    EXPECT_THAT(text, HasSubstr("d odd (not finite)\ne none (no value)\n"));
    EXPECT_EQ(text.find("b zero (0 throughout)") != std::string::npos,
              scale == PlotScale::kLog);
  }
  plot.panels[0].lines = {{.label = "none"}};
  ExpectWithin(PlotText(plot, {.width = 40}), 40);
  plot.x_scale = PlotScale::kLog;
  ExpectWithin(PlotText(plot, {.width = 40}), 40);
}

}  // namespace
}  // namespace fathom::client
