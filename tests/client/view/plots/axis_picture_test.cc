#include "client/view/plots/axis_picture.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "client/view/plots/compared_picture.h"
#include "client/view/plots/plot_axes.h"
#include "client/view/plots/plot_script.h"
#include "client/view/plots/text_plot.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

v1::Sweep MakeSweep() {
  v1::Sweep sweep;
  sweep.set_sweep_id(3);
  sweep.mutable_spec()->set_name("rates");
  return sweep;
}

// Two depths by three rates, of which the largest diverged for the deeper net.
CellTable MakeTable() {
  CellTable table = {.by = {"depth", "learning_rate"},
                     .average_over = {"seed"}};
  for (const int64_t depth : {1, 2}) {
    for (const double rate : {0.1, 0.01, 1.0}) {
      Cell& cell = table.cells.emplace_back();
      cell.group.resize(2);
      cell.group[0].set_integer(depth);
      cell.group[1].set_number(rate);
      cell.counts.finished = 2;
      cell.sample = {rate, 3 * rate};
      cell.value = 2 * rate;
    }
  }
  table.cells[5].value.reset();
  table.cells[5].sample.clear();
  table.cells[5].counts.diverged = 1;
  return table;
}

TEST(AxisPictureTest, HasALinePerGroupAndItsPointsInOrder) {
  const absl::StatusOr<Plot> plot = MakeAxisPlot(MakeSweep(), MakeTable(), {});
  ASSERT_OK(plot);
  ASSERT_THAT(plot->panels, SizeIs(1));
  ASSERT_THAT(plot->panels[0].lines, SizeIs(2));
  const Plot::Line& line = plot->panels[0].lines[0];
  EXPECT_EQ(line.label, "depth 1");
  EXPECT_THAT(line.curve.at, ElementsAre(0.01, 0.1, 1));
  EXPECT_THAT(line.curve.values, ElementsAre(0.02, 0.2, 2));
  EXPECT_THAT(line.band.low, ElementsAre(0.01, 0.1, 1));
  EXPECT_THAT(line.band.high, ElementsAre(0.03, 3 * 0.1, 3));
  EXPECT_EQ(plot->x_scale, PlotScale::kLog);
  EXPECT_EQ(plot->y_scale, PlotScale::kLog);
  EXPECT_EQ(plot->x_label, "learning rate");
  EXPECT_THAT(plot->subtitle, HasSubstr("mean over seed, band from least"));
}

TEST(AxisPictureTest, ACellWithoutAValueBreaksTheLineAndHasACross) {
  const Plot plot = *MakeAxisPlot(MakeSweep(), MakeTable(), {});
  const Plot::Line& line = plot.panels[0].lines[1];
  EXPECT_TRUE(std::isnan(line.curve.values[2]));
  EXPECT_THAT(line.diverged, ElementsAre(1));
  EXPECT_THAT(plot.panels[0].lines[0].diverged, ElementsAre());
  const std::string script = PlotScript(plot, PictureFormat::kSvg, "a");
  EXPECT_THAT(script, HasSubstr("$rim_0_1 using"));
  EXPECT_THAT(script, Not(HasSubstr("$rim_0_0 using")));
  EXPECT_THAT(script, Not(HasSubstr("nan")));
  // Its place is on the axis although it has no value.
  EXPECT_GT(RangeOf(plot, 0).right, 1);
}

TEST(AxisPictureTest, CrossesOfTwoLinesAtOnePlaceAreBothSeen) {
  CellTable table = MakeTable();
  table.cells[2].value.reset();
  table.cells[2].sample.clear();
  table.cells[2].counts.diverged = 2;
  const Plot plot = *MakeAxisPlot(MakeSweep(), table, {});
  const std::string script = PlotScript(plot, PictureFormat::kSvg, "a");
  const auto height = [&](const std::string& block) {
    const size_t at = script.find(block + " << EOD\n1 ");
    EXPECT_NE(at, std::string::npos) << block;
    const size_t from = at + block.size() + 10;
    return script.substr(from, script.find('\n', from) - from);
  };
  EXPECT_NE(height("$rim_0_0"), height("$rim_0_1"));
  const std::string text = PlotText(plot, {.width = 60});
  EXPECT_EQ(std::count(text.begin(), text.end(), 'x'), 2) << text;
}

TEST(AxisPictureTest, ScalesFollowTheNumbersUnlessTheyAreChosen) {
  CellTable table = MakeTable();
  EXPECT_EQ(MakeAxisPlot(MakeSweep(), table, {.log_x = false, .log_y = false})
                ->x_scale,
            PlotScale::kLinear);
  table.cells[0].group[1].set_number(0);
  EXPECT_EQ(MakeAxisPlot(MakeSweep(), table, {})->x_scale, PlotScale::kLinear);
  EXPECT_EQ(MakeAxisPlot(MakeSweep(), table, {.log_x = true}).status().code(),
            absl::StatusCode::kInvalidArgument);
  table.cells[0].value = 0;
  EXPECT_EQ(MakeAxisPlot(MakeSweep(), table, {})->y_scale, PlotScale::kLinear);
}

TEST(AxisPictureTest, WordsFollowEachOther) {
  CellTable table = MakeTable();
  table.by[1] = "optimizer";
  const char* const words[] = {"gd", "adam", "momentum"};
  for (size_t i = 0; i < 6; ++i) table.cells[i].group[1].set_text(words[i % 3]);
  const Plot plot = *MakeAxisPlot(MakeSweep(), table, {});
  EXPECT_EQ(plot.x_scale, PlotScale::kWords);
  EXPECT_THAT(plot.x_words, ElementsAre("gd", "adam", "momentum"));
  EXPECT_THAT(plot.panels[0].lines[0].curve.at, ElementsAre(0, 1, 2));
  EXPECT_THAT(TickList(PlaceTicksOf(plot, RangeOf(plot, 0))),
              "'gd' 0, 'adam' 1, 'momentum' 2");
  EXPECT_EQ(MakeAxisPlot(MakeSweep(), table, {.log_x = true}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(AxisPictureTest, NothingFinishedIsAnErrorAndAllDivergedIsAPicture) {
  CellTable table = MakeTable();
  for (Cell& cell : table.cells) {
    cell.value.reset();
    cell.sample.clear();
    cell.counts = {.finished = 2, .diverged = 2};
  }
  const absl::StatusOr<Plot> diverged = MakeAxisPlot(MakeSweep(), table, {});
  ASSERT_OK(diverged);
  EXPECT_THAT(diverged->panels[0].lines[0].diverged, SizeIs(3));
  EXPECT_THAT(PlotText(*diverged, {.width = 60}),
              HasSubstr("a depth 1 (diverged)\n"));
  for (Cell& cell : table.cells) cell.counts = {};
  EXPECT_EQ(MakeAxisPlot(MakeSweep(), table, {}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ComparedPlotTest, LinesOfTheSameNameShareAColourAndTheSecondAreDashed) {
  const Plot first = *MakeAxisPlot(MakeSweep(), MakeTable(), {});
  CellTable other = MakeTable();
  other.cells.erase(other.cells.begin(), other.cells.begin() + 3);
  const Plot second = *MakeAxisPlot(MakeSweep(), other, {});
  const Plot both = ComparedPlot(first, "old", second, "new");
  ASSERT_THAT(both.panels, SizeIs(1));
  const std::vector<Plot::Line>& lines = both.panels[0].lines;
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[1].label, "old: depth 2");
  EXPECT_EQ(lines[2].label, "new: depth 2");
  EXPECT_FALSE(lines[1].dashed);
  EXPECT_TRUE(lines[2].dashed);
  EXPECT_EQ(lines[1].colour, lines[2].colour);
  EXPECT_NE(lines[0].colour, lines[1].colour);
  EXPECT_THAT(PlotScript(both, PictureFormat::kSvg, "a"),
              HasSubstr("dashtype (8,5)"));
}

}  // namespace
}  // namespace fathom::client
