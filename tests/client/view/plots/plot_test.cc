#include "client/view/plots/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/view/format.h"
#include "client/view/plots/picture.h"
#include "client/view/plots/plot_axes.h"
#include "client/view/plots/plot_layout.h"
#include "client/view/plots/plot_script.h"
#include "client/view/plots/profile_script.h"
#include "gmock/gmock.h"
#include "proto/sweep/fields.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class PlotTest : public ::testing::Test {
 protected:
  PlotTest() {
    std::string pattern =
        (fs::temp_directory_path() / "fathom plot's XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    sweep_.set_sweep_id(7);
    sweep_.mutable_spec()->set_name("paper/l4");
    summary_ = {.metric = v1::METRIC_LP_ERROR,
                .by = {"lp", "depth"},
                .best_over = {"learning_rate"},
                .steps = {4000}};
    for (const double p : {2.0, 4.0}) {
      for (const int64_t depth : {1, 2, 3}) AddRow(p, depth);
      AddRace(summary_.rows.size() - 3, p == 4);
    }
  }
  ~PlotTest() override { fs::remove_all(folder_); }

  // Adds a row whose curves are like those of the quickstart.
  void AddRow(double p, int64_t depth) {
    SummaryRow row;
    row.group.resize(2);
    row.group[0].set_number(p);
    row.group[1].set_integer(depth);
    const double plateau = 4.0 * static_cast<double>((depth - 1) * depth);
    double start = p == 2 ? 1 : 7;
    for (double x = 0; x <= std::log1p(4000) + 1e-9;
         x += std::log1p(4000) / 150) {
      const double step = std::round(std::expm1(x));
      const double power = p == 2 ? 0.25 : 0.3 + 0.06 * (depth > 1);
      row.curve.steps.push_back(static_cast<int64_t>(step));
      row.curve.values.push_back(
          start / std::pow(1 + std::pow(step / (5 + plateau), 2), power / 1.4));
    }
    row.best.push_back(Best{.value = row.curve.values.back()});
    row.shown_values.resize(1);
    row.shown_values[0].set_number(depth == 1 ? 0.003 : 0.01);
    summary_.rows.push_back(row);
    analysis_.groups.emplace_back();
  }

  // Adds a race of three rows to where the first of them ends.
  void AddRace(size_t first, bool deeper_are_faster) {
    Race race{.goals = {summary_.rows[first].curve.values.back()}};
    for (size_t r = first; r < first + 3; ++r) {
      Racer racer{.group = static_cast<int64_t>(r),
                  .depth = static_cast<int64_t>(r - first + 1),
                  .quoted = 0};
      racer.at.push_back({.median = r == first ? 4000.0 : 2000.0});
      if (r > first) {
        racer.at[0].speed_up = Bounded{deeper_are_faster ? 2.0 : 0.5};
        racer.at[0].verdict =
            deeper_are_faster ? Verdict::kFaster : Verdict::kSlower;
      }
      race.racers.push_back(racer);
    }
    analysis_.races.push_back(race);
  }

  fs::path folder_;
  v1::Sweep sweep_;
  SweepAnalysis analysis_;
  SweepSummary& summary_ = analysis_.summary;
};

TEST_F(PlotTest, HasAPanelPerGroupAndALinePerDepth) {
  const Plot plot = MakePlot(sweep_, analysis_);

  ASSERT_THAT(plot.panels, SizeIs(2));
  EXPECT_EQ(plot.panels[0].title, "lp = 2");
  ASSERT_THAT(plot.panels[0].lines, SizeIs(3));
  EXPECT_EQ(plot.panels[1].lines[1].label, "depth 2, learning rate 0.01");
  EXPECT_TRUE(plot.panels[1].lines[1].crossing.has_value());
  // A depth that is slower saves nothing.
  EXPECT_FALSE(plot.panels[0].lines[1].crossing.has_value());
}

TEST_F(PlotTest, ASettingAtTheEdgeOfItsGridIsMarked) {
  analysis_.races.clear();
  analysis_.groups[0].edges.push_back(
      {.axis = "learning_rate", .kind = AxisEdge::Kind::kLargest});
  EXPECT_EQ(MakePlot(sweep_, analysis_).panels[0].lines[0].label,
            "depth 1, learning rate 0.003 (largest tried)");
}

// What gnuplot puts between two lines of a title.
constexpr char kTitleBreak[] = "'.\"\\n\".'";

TEST_F(PlotTest, SpeedUpsAreDrawnByGoalWithTheirIntervals) {
  analysis_.races[1].racers[2].at[0].interval = Interval{1.8, 2.2};
  const std::string script =
      ProfileScript(sweep_, analysis_, PictureFormat::kSvg, "a");
  EXPECT_THAT(script, HasSubstr("$profile_1_2 << EOD\n"));
  EXPECT_THAT(script, HasSubstr(" 2 1.8 2.2\nEOD"));
  EXPECT_THAT(absl::StrReplaceAll(script, {{kTitleBreak, " "}}),
              HasSubstr("bands: 95\u00a0% intervals"));
  EXPECT_THAT(script, HasSubstr("times faster than depth 1"));
  analysis_.races.clear();
  EXPECT_FALSE(HasProfile(analysis_));
}

TEST_F(PlotTest, TheTitleOfSpeedUpsFitsAboveOnePanel) {
  analysis_.races.erase(analysis_.races.begin());
  analysis_.races[0].racers[2].at[0].interval = Interval{1.8, 2.2};
  sweep_.mutable_spec()->set_name(std::string(63, 'n'));
  const std::string script =
      ProfileScript(sweep_, analysis_, PictureFormat::kSvg, "a");
  const size_t begin = script.find(" title '") + 7;
  const std::string title =
      script.substr(begin, script.find(" font ", begin) - begin);
  const std::vector<std::string> lines = absl::StrSplit(title, kTitleBreak);
  EXPECT_GE(lines.size(), 3u) << title;
  for (const std::string& line : lines) {
    EXPECT_LE(DisplayWidth(line), 46) << line;  // With a quote.
  }
  EXPECT_THAT(absl::StrJoin(lines, " "),
              HasSubstr("bands: 95\u00a0% intervals"));
}

TEST_F(PlotTest, GroupsWithoutAWinnerAreLeftOut) {
  summary_.rows[1].curve = {};

  EXPECT_THAT(MakePlot(sweep_, analysis_).panels[0].lines, SizeIs(2));
}

TEST_F(PlotTest, WritesBothPicturesAndLeavesNothingElse) {
  const auto pictures =
      DrawSummary(sweep_, analysis_, {.folder = (folder_ / "new").string()});
  if (absl::IsFailedPrecondition(pictures.status())) {
    GTEST_SKIP() << pictures.status().message();
  }

  ASSERT_OK(pictures);
  ASSERT_THAT(*pictures, SizeIs(4));
  EXPECT_EQ(fs::path((*pictures)[0]).filename(), "paper-l4-7.svg");
  std::ifstream svg((*pictures)[0]);
  const std::string text{std::istreambuf_iterator<char>(svg), {}};
  EXPECT_THAT(text, HasSubstr("depth 3, learning rate 0.01"));
  EXPECT_THAT(text, HasSubstr("paper/l4 (sweep 7)"));
  EXPECT_THAT(text, HasSubstr("<title>paper/l4 (sweep 7)</title>"));
  EXPECT_GT(fs::file_size((*pictures)[2]), 10'000u);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "new"), {}), 4);
}

TEST_F(PlotTest, ASummaryWithoutCurvesIsNoPicture) {
  summary_.rows.clear();

  EXPECT_THAT(DrawSummary(sweep_, analysis_, {.folder = folder_.string()}),
              test::StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(PlotTest, AFolderThatCannotBeMadeIsAnError) {
  std::ofstream(folder_ / "file") << "x";

  EXPECT_THAT(DrawSummary(sweep_, analysis_,
                          {.folder = (folder_ / "file/sub").string()}),
              test::StatusIs(absl::StatusCode::kInternal));
}

TEST(GnuplotStringTest, QuotesAndControlCharactersAreHarmless) {
  EXPECT_EQ(GnuplotString("it's\n`x`"), "'it''s\\n`x`'");
}

TEST_F(PlotTest, ALongNameIsCutAndTheNumberOfTheSweepIsNot) {
  sweep_.mutable_spec()->set_name(std::string(63, 'm'));
  summary_.average_over = {"seed"};
  summary_.rows.resize(3);

  const std::string script =
      PlotScript(MakePlot(sweep_, analysis_), PictureFormat::kSvg, "a.svg");

  EXPECT_THAT(script, HasSubstr("mmm… (sweep 7)'"));
  EXPECT_THAT(script, HasSubstr("set label 'best setting per depth, "
                                "mean over seed' at screen 0.5"));
}

TEST_F(PlotTest, GroupsThatDifferInTheLastDigitHavePanelsOfTheirOwn) {
  for (size_t i = 3; i < 6; ++i) {
    summary_.rows[i].group[0].set_number(2.000001);
  }

  EXPECT_THAT(MakePlot(sweep_, analysis_).panels, SizeIs(2));
}

// Returns the labels in gnuplot's list of ticks.
std::vector<std::string> Labels(const std::string& ticks) {
  std::vector<std::string> labels;
  for (const absl::string_view tick : absl::StrSplit(ticks, ", ")) {
    const std::vector<std::string> parts = absl::StrSplit(tick, '\'');
    labels.push_back(parts.at(1));
  }
  return labels;
}

// Returns the labels of an axis of steps.
std::vector<std::string> StepLabels(int64_t last, PlotScale scale) {
  return Labels(
      TickList(PlaceTicksOf({.x_scale = scale}, {.last_step = last})));
}

TEST(StepTicksTest, LinearOnesAreRoundAndNotTooMany) {
  constexpr PlotScale kLinear = PlotScale::kLinearSteps;
  EXPECT_THAT(StepLabels(1'000'000, kLinear),
              ElementsAre("0", "200k", "400k", "600k", "800k", "1M"));
  EXPECT_THAT(StepLabels(4000, kLinear),
              ElementsAre("0", "1000", "2000", "3000", "4000"));
  EXPECT_THAT(StepLabels(2, kLinear), ElementsAre("0", "1", "2"));
  for (int64_t last = 5; last < 3'000'000; last += 1 + last / 3) {
    EXPECT_GE(StepLabels(last, kLinear).size(), 3u) << last;
    EXPECT_LE(StepLabels(last, kLinear).size(), 8u) << last;
  }
  EXPECT_THAT(StepLabels(4000, PlotScale::kLogSteps),
              ElementsAre("0", "10", "100", "1000", "4000"));
}

TEST(ValueTicksTest, AShortAxisHasSomeToo) {
  EXPECT_GE(LogTicks(0.76, 0.84).size(), 2u);
  EXPECT_THAT(Labels(TickList(LogTicks(0.5, 200))),
              ElementsAre("1", "10", "100"));
  EXPECT_THAT(Labels(TickList(LinearTicks(-0.02, 1.03))),
              ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  for (const double width : {1e-9, 0.3, 7.0, 1e12}) {
    const size_t count = LinearTicks(5, 5 + width).size();
    EXPECT_GE(count, 3u) << width;
    EXPECT_LE(count, 9u) << width;
  }
  EXPECT_THAT(LinearTicks(-1e308, 1e308), SizeIs(testing::Le(9u)));
}

TEST_F(PlotTest, StepsAreSpacedAsTheyWereRecorded) {
  EXPECT_THAT(PlotScript(MakePlot(sweep_, analysis_), PictureFormat::kSvg, "a"),
              HasSubstr("set logscale xy\n"));
  sweep_.mutable_spec()->mutable_trial()->mutable_record()->set_spacing(
      v1::RECORD_SPACING_LINEAR);
  const std::string script =
      PlotScript(MakePlot(sweep_, analysis_), PictureFormat::kSvg, "a");

  EXPECT_THAT(script, HasSubstr("set logscale y\n"));
  EXPECT_THAT(script, HasSubstr("set xrange [0:4080]"));
  EXPECT_THAT(script, HasSubstr("\n4000 "));  // Not at 4001.
  const auto drawn =
      DrawSummary(sweep_, analysis_, {.folder = folder_.string()});
  if (absl::IsFailedPrecondition(drawn.status())) {
    GTEST_SKIP() << drawn.status().message();
  }
  EXPECT_OK(drawn);
}

// An axis of pairs has adam and gd on depth 1 and gd on depth 2. They make one
// panel with a line each, and the depths of gd are compared.
TEST_F(PlotTest, AxesThatMoveTogetherAreLinesOfOnePanel) {
  v1::AxisGroup* group = sweep_.mutable_spec()->add_axes();
  group->add_axes()->set_field("optimizer.name");
  group->add_axes()->set_field("model.depth");
  summary_.by = {"optimizer", "depth"};
  summary_.rows.erase(summary_.rows.begin() + 3, summary_.rows.end());
  const std::pair<const char*, int64_t> pairs[] = {
      {"adam", 1}, {"gd", 1}, {"gd", 2}};
  for (size_t i = 0; i < 3; ++i) {
    summary_.rows[i].group[0].set_text(pairs[i].first);
    summary_.rows[i].group[1].set_integer(pairs[i].second);
  }
  // With gd, depth 2 is faster than depth 1.
  for (double& value : summary_.rows[2].curve.values) value /= 3;
  analysis_.races.resize(1);
  Race& race = analysis_.races[0];
  race.racers.erase(race.racers.begin());  // Leaves rows 1 and 2.
  race.racers[1].at[0].verdict = Verdict::kFaster;

  const Plot plot = MakePlot(sweep_, analysis_);

  ASSERT_THAT(plot.panels, SizeIs(1));
  EXPECT_EQ(plot.panels[0].title, "");
  ASSERT_THAT(plot.panels[0].lines, SizeIs(3));
  EXPECT_EQ(plot.panels[0].lines[0].label,
            "optimizer adam, depth 1, learning rate 0.003");
  EXPECT_EQ(plot.subtitle, "best setting per optimizer and depth");
  EXPECT_EQ(*plot.panels[0].reference, race.goals[0]);
  EXPECT_FALSE(plot.panels[0].lines[0].crossing.has_value());
  EXPECT_TRUE(plot.panels[0].lines[2].crossing.has_value());

  // As separate axes they make panels.
  sweep_.mutable_spec()->clear_axes();
  EXPECT_THAT(MakePlot(sweep_, analysis_).panels, SizeIs(2));
  EXPECT_EQ(MakePlot(sweep_, analysis_).panels[0].title, "optimizer = adam");
}

TEST_F(PlotTest, WhatFitsNoPictureIsCounted) {
  const SummaryRow row = summary_.rows[0];
  summary_.rows.assign(40, row);
  analysis_.groups.resize(40);
  analysis_.races.clear();
  for (int64_t i = 0; i < 40; ++i) {
    summary_.rows[i].group[1].set_integer(i + 1);
  }

  const Plot plot = MakePlot(sweep_, analysis_);
  EXPECT_THAT(plot.panels[0].lines, SizeIs(32));
  EXPECT_EQ(plot.left_out, 8);
  EXPECT_THAT(PlotScript(plot, PictureFormat::kSvg, "a"),
              HasSubstr("without 8 more curves"));
}

TEST_F(PlotTest, ACurveThatIsZeroThroughoutIsNamed) {
  for (double& value : summary_.rows[0].curve.values) value = 0;
  for (double& value : summary_.rows[1].curve.values) value = -1e-17;

  const std::string script =
      PlotScript(MakePlot(sweep_, analysis_), PictureFormat::kSvg, "a");
  EXPECT_THAT(script,
              HasSubstr("'depth 1, learning rate 0.003 (0 throughout)'"));
  EXPECT_THAT(script,
              HasSubstr("'depth 2, learning rate 0.01 (never above 0)'"));
  EXPECT_THAT(script, Not(HasSubstr("$curve_0_0 using")));
  EXPECT_THAT(script, HasSubstr("$curve_0_2 using"));

  // gnuplot draws the picture even when it shows no value at all.
  summary_.rows.resize(1);
  const auto drawn =
      DrawSummary(sweep_, analysis_, {.folder = folder_.string()});
  if (absl::IsFailedPrecondition(drawn.status())) {
    GTEST_SKIP() << drawn.status().message();
  }
  EXPECT_OK(drawn);
}

// Makes `count` curves of a row, which are 1, 2, ... times its curve.
void Repeat(int count, SummaryRow* row) {
  row->curves.steps = row->curve.steps;
  for (int i = 1; i <= count; ++i) {
    row->curves.values.push_back(row->curve.values);
    for (double& value : row->curves.values.back()) value *= i;
  }
}

TEST_F(PlotTest, AMeanHasABandOfQuartilesOrOfAllWhereTheyAreFew) {
  summary_.rows.resize(2);
  for (SummaryRow& row : summary_.rows) Repeat(9, &row);
  const double value = summary_.rows[0].curve.values[20];

  Plot plot = MakePlot(sweep_, analysis_);
  EXPECT_DOUBLE_EQ(plot.panels[0].lines[0].band.low[20], 3 * value);
  EXPECT_DOUBLE_EQ(plot.panels[0].lines[0].band.high[20], 7 * value);
  EXPECT_THAT(plot.subtitle, HasSubstr(", band between the quartiles"));
  EXPECT_THAT(PlotScript(plot, PictureFormat::kSvg, "a"),
              HasSubstr("$curve_0_1 using 1:3:4 with filledcurves"));

  // One that is asked for: the variance of 1 to 9 is 60 / 8.
  plot = MakePlot(sweep_, analysis_, {.band = BandKind::kStandardError});
  EXPECT_DOUBLE_EQ(plot.panels[0].lines[0].band.low[20],
                   (5 - std::sqrt(7.5 / 9)) * value);
  EXPECT_DOUBLE_EQ(plot.panels[0].lines[0].band.high[20],
                   (5 + std::sqrt(7.5 / 9)) * value);
  EXPECT_THAT(plot.subtitle, HasSubstr(", band of one standard error"));

  // Because one line has four repetitions, all bands are ranges.
  summary_.rows[1].curves.values.resize(4);
  plot = MakePlot(sweep_, analysis_);
  EXPECT_DOUBLE_EQ(plot.panels[0].lines[0].band.low[20], value);
  EXPECT_DOUBLE_EQ(plot.panels[0].lines[0].band.high[20], 9 * value);
  EXPECT_THAT(plot.subtitle, HasSubstr(", band from least to largest"));

  for (SummaryRow& row : summary_.rows) row.curves.values.resize(1);
  plot = MakePlot(sweep_, analysis_);
  EXPECT_TRUE(plot.panels[0].lines[0].band.low.empty());
  EXPECT_THAT(plot.subtitle, Not(HasSubstr("band")));
  EXPECT_THAT(PlotScript(plot, PictureFormat::kSvg, "a"),
              Not(HasSubstr("filledcurves")));
}

TEST_F(PlotTest, TheAxesOfPanelsCanBeChosen) {
  const Plot usual = MakePlot(sweep_, analysis_);
  ASSERT_THAT(usual.panels, SizeIs(2));
  EXPECT_EQ(usual.panels[0].title, "lp = 2");

  const Plot chosen =
      MakePlot(sweep_, analysis_, {.panels = {"depth"}, .log_x = false});
  ASSERT_THAT(chosen.panels, SizeIs(3));
  EXPECT_EQ(chosen.panels[2].title, "depth = 3");
  EXPECT_THAT(chosen.panels[2].lines[1].label, HasSubstr("lp 4"));
  EXPECT_EQ(chosen.x_scale, PlotScale::kLinearSteps);
  EXPECT_EQ(usual.x_scale, PlotScale::kLogSteps);
}

TEST_F(PlotTest, ABandThatReachesZeroEndsAtTheEdgeOfThePanel) {
  summary_.rows.resize(1);
  Repeat(2, &summary_.rows[0]);
  for (double& value : summary_.rows[0].curves.values[0]) value = 0;
  const Plot plot = MakePlot(sweep_, analysis_);

  const PlotRange range = RangeOf(plot, 0);
  const double lowest = summary_.rows[0].curve.values.back();
  EXPECT_LT(range.low, lowest / 10);
  EXPECT_GT(range.low, lowest / 20);
  EXPECT_THAT(PlotScript(plot, PictureFormat::kSvg, "a"),
              HasSubstr(absl::StrCat(" ", NumberText(range.low), " ")));
  const auto drawn =
      DrawSummary(sweep_, analysis_, {.folder = folder_.string()});
  if (absl::IsFailedPrecondition(drawn.status())) {
    GTEST_SKIP() << drawn.status().message();
  }
  EXPECT_OK(drawn);
}

TEST_F(PlotTest, MarksOfOneLineShareItsColourAndDifferInForm) {
  summary_.rows.resize(2);
  Plot plot = MakePlot(sweep_, analysis_);
  for (const char* label : {"a", "b"}) {
    plot.panels[0].marks.push_back(
        {.label = label, .line = 1, .steps = {9}, .values = {0.5}});
  }
  plot.panels[0].marks.push_back({.label = "c", .steps = {9}, .values = {0.5}});

  const std::string script = PlotScript(plot, PictureFormat::kSvg, "a");
  const char* const style = " pointsize 0.7 linewidth 1.1 linecolor rgb ";
  EXPECT_THAT(script, HasSubstr(absl::StrCat("$mark_0_0 using 1:2 with points "
                                             "pointtype 6",
                                             style, "\"#6ece58\"")));
  EXPECT_THAT(script, HasSubstr(absl::StrCat("$mark_0_1 using 1:2 with points "
                                             "pointtype 4",
                                             style, "\"#6ece58\"")));
  EXPECT_THAT(script, HasSubstr(absl::StrCat("$mark_0_2 using 1:2 with points "
                                             "pointtype 6",
                                             style, "\"#d55e00\"")));
  EXPECT_THAT(script, HasSubstr("set label 'c' at screen"));
}

TEST_F(PlotTest, StepsOfALineAreDividedByItsUpdatesPerIteration) {
  summary_.rows.resize(2);
  Plot plot = MakePlot(sweep_, analysis_);
  plot.x_scale = PlotScale::kLinearSteps;
  for (Plot::Line& line : plot.panels[0].lines) line.updates_per_iteration = 4;

  EXPECT_EQ(RangeOf(plot, 0).last_step, 1000);
  EXPECT_THAT(PlotScript(plot, PictureFormat::kSvg, "a"),
              HasSubstr("set xrange [0:1020]"));
}

TEST_F(PlotTest, ALongSubtitleGoesOnInASecondLine) {
  summary_.rows.resize(3);
  summary_.average_over = {"seed", "synthetic.seed", "init.margin", "init.std"};
  Repeat(2, &summary_.rows[0]);

  const PlotLayout layout = LayOut(MakePlot(sweep_, analysis_));
  EXPECT_THAT(layout.subtitle,
              ElementsAre("best setting per depth,",
                          "mean over seed and synthetic.seed and init.margin "
                          "and init.std, band from le…"));
}

TEST_F(PlotTest, ALedgerIsNamedInTheFile) {
  const auto drawn = DrawSummary(
      sweep_, analysis_, {.folder = folder_.string(), .ledger = "lab:7373"});
  if (absl::IsFailedPrecondition(drawn.status())) {
    GTEST_SKIP() << drawn.status().message();
  }
  ASSERT_OK(drawn);
  EXPECT_EQ(fs::path((*drawn)[0]).filename(), "lab-7373-paper-l4-7.svg");
}

TEST_F(PlotTest, LegendsTellTheValuesOfTheSweepApart) {
  v1::Axis* rate = sweep_.mutable_spec()->add_axes()->add_axes();
  rate->set_field("optimizer.learning_rate");
  for (const double value : {0.00300001, 0.00300002, 0.123456789}) {
    rate->mutable_list()->add_values()->set_number(value);
  }
  summary_.rows[0].shown_values[0].set_number(0.00300001);
  summary_.rows[1].shown_values[0].set_number(0.123456789);

  const Plot plot = MakePlot(sweep_, analysis_);

  EXPECT_EQ(plot.panels[0].lines[0].label, "depth 1, learning rate 0.00300001");
  EXPECT_EQ(plot.panels[0].lines[1].label, "depth 2, learning rate 0.123457");
}

TEST_F(PlotTest, TheDistanceFromTheOptimumIsCalledThat) {
  summary_.metric = v1::METRIC_EXCESS_LOSS;
  EXPECT_EQ(MakePlot(sweep_, analysis_).y_label, "distance from optimum");
}

}  // namespace
}  // namespace fathom::client
