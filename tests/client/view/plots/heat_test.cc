#include "client/view/plots/heat.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/view/plots/heat_script.h"
#include "client/view/plots/text_plot.h"
#include "gmock/gmock.h"
#include "tests/testing/status_matchers.h"

namespace fathom::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Sweep MakeSweep() {
  v1::Sweep sweep;
  sweep.set_sweep_id(7);
  sweep.mutable_spec()->set_name("edge");
  return sweep;
}

// A table of two rates by three depths. The cell of the larger rate and the
// deepest net has no value, because half of its trials diverged.
CellTable MakeTable() {
  CellTable table = {.by = {"learning_rate", "depth"},
                     .best_over = {"optimizer"},
                     .average_over = {"seed"}};
  double value = 1e-4;
  for (const double rate : {0.1, 0.5}) {
    for (const int64_t depth : {1, 2, 3}) {
      Cell& cell = table.cells.emplace_back();
      cell.group.resize(2);
      cell.group[0].set_number(rate);
      cell.group[1].set_integer(depth);
      cell.counts.expected = 4;
      cell.counts.finished = 4;
      cell.value = value;
      value *= 10;
    }
  }
  table.cells[5].value.reset();
  table.cells[5].counts.diverged = 2;
  return table;
}

TEST(HeatTest, HasACellForEachPairOfValues) {
  const absl::StatusOr<Heat> heat =
      MakeHeat(MakeSweep(), MakeTable(), std::nullopt);
  ASSERT_OK(heat);
  EXPECT_THAT(heat->across, ElementsAre("0.1", "0.5"));
  EXPECT_THAT(heat->up, ElementsAre("1", "2", "3"));
  EXPECT_EQ(heat->low, 1e-4);
  EXPECT_EQ(heat->high, 1);
  EXPECT_TRUE(heat->logarithmic);
  EXPECT_EQ(heat->cells[5].diverged, 0.5);
  EXPECT_EQ(HeatText(*heat, heat->cells[5]), "diverged");
  EXPECT_EQ(heat->subtitle, "loss, best optimizer, mean over seed");
}

TEST(HeatTest, ColoursGoFromTheLeastToTheLargestValue) {
  Heat heat = *MakeHeat(MakeSweep(), MakeTable(), std::nullopt);
  EXPECT_EQ(HeatColour(heat, 1e-4), "#440154");
  EXPECT_EQ(HeatColour(heat, 1), "#6ece58");
  EXPECT_DOUBLE_EQ(HeatShare(heat, 1e-2), 0.5);
  heat.logarithmic = false;
  EXPECT_NEAR(HeatShare(heat, 1e-2), 0.01, 1e-4);
  const std::vector<double> scale = HeatScale(heat, 3);
  EXPECT_NEAR(scale[1], 0.5, 1e-3);
  EXPECT_EQ(HeatNumber(heat, 187.4), "187");
  EXPECT_EQ(HeatNumber(heat, 0.0187), "0.019");
  heat.high = heat.low;
  EXPECT_EQ(HeatShare(heat, *heat.low), 0);
  EXPECT_THAT(HeatScale(heat, 3), ElementsAre(1e-4));
}

TEST(HeatTest, LogarithmicColoursNeedValuesAbove0) {
  CellTable table = MakeTable();
  table.cells[0].value = 0;
  EXPECT_FALSE(MakeHeat(MakeSweep(), table, std::nullopt)->logarithmic);
  EXPECT_EQ(MakeHeat(MakeSweep(), table, true).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(MakeHeat(MakeSweep(), MakeTable(), false)->logarithmic);
}

TEST(HeatTest, SharesHaveAScaleOfTheirOwn) {
  CellTable table = MakeTable();
  table.question.quantity = Quantity::kDiverged;
  for (Cell& cell : table.cells) cell.value = DivergedShare(cell.counts);
  const Heat heat = *MakeHeat(MakeSweep(), table, std::nullopt);
  EXPECT_EQ(heat.low, 0);
  EXPECT_EQ(heat.high, 1);
  EXPECT_FALSE(heat.logarithmic);
  EXPECT_EQ(HeatText(heat, heat.cells[5]), "50 %");
  EXPECT_EQ(heat.subtitle, "share that diverged, over all optimizer and seed");
  EXPECT_EQ(MakeHeat(MakeSweep(), table, true).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(HeatTest, NeedsTwoAxesOfNotTooManyValuesAndAFinishedTrial) {
  CellTable table = MakeTable();
  for (Cell& cell : table.cells) {
    cell.value.reset();
    cell.counts = {};
  }
  EXPECT_EQ(MakeHeat(MakeSweep(), table, std::nullopt).status().code(),
            absl::StatusCode::kFailedPrecondition);
  // One that diverged is enough.
  table.cells[0].counts = {.finished = 1, .diverged = 1};
  EXPECT_OK(MakeHeat(MakeSweep(), table, std::nullopt));
  table.by = {"depth"};
  EXPECT_EQ(MakeHeat(MakeSweep(), table, std::nullopt).status().code(),
            absl::StatusCode::kInvalidArgument);
  table = MakeTable();
  for (int i = 0; i < 64; ++i) {
    table.cells.push_back(table.cells[0]);
    table.cells.back().group[0].set_number(i);
  }
  EXPECT_EQ(MakeHeat(MakeSweep(), table, std::nullopt).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(HeatTest, AValueThatIsNotFiniteIsNone) {
  CellTable table = MakeTable();
  table.cells[1].value = std::numeric_limits<double>::infinity();
  const Heat heat = *MakeHeat(MakeSweep(), table, std::nullopt);
  EXPECT_EQ(HeatText(heat, heat.cells[1]), "none");
  EXPECT_TRUE(std::isfinite(*heat.high));
}

TEST(HeatScriptTest, DrawsCellsAndBarsOfWhatDiverged) {
  const std::string script =
      HeatScript(*MakeHeat(MakeSweep(), MakeTable(), std::nullopt),
                 PictureFormat::kSvg, "a");
  EXPECT_THAT(script, HasSubstr("set xtics ('0.1' 0, '0.5' 1)"));
  EXPECT_THAT(script, HasSubstr("set ytics ('1' 0, '2' 1, '3' 2)"));
  const auto cell = [](double x, double y, const std::string& colour) {
    return absl::StrFormat(
        "center first %.6f, first %.6f size first 1.000000, first 1.000000 "
        "fillcolor rgb \"%s\"",
        x, y, colour);
  };
  EXPECT_THAT(script, HasSubstr(cell(0, 0, "#440154")));
  EXPECT_THAT(script, HasSubstr(cell(1, 1, "#6ece58")));
  EXPECT_THAT(script, HasSubstr(cell(1, 2, "#c8c8c8")));
  EXPECT_THAT(script, HasSubstr("set label 'diverged' at first 1.000000, "
                                "first 2.000000"));
  // Half of the cell's width.
  EXPECT_THAT(script, HasSubstr("size first 0.500000, first 0.112000 fillcolor "
                                "rgb \"#d55e00\""));
}

TEST(HeatMapTextTest, FitsNarrowTerminalsAndMarksWhatDiverged) {
  const Heat heat = *MakeHeat(MakeSweep(), MakeTable(), std::nullopt);
  const std::string wide = HeatMapText(heat, {.width = 40});
  EXPECT_THAT(wide, HasSubstr("\n3      0.01  diverged"));
  EXPECT_THAT(wide, HasSubstr("\n1    0.0001       0.1"));
  EXPECT_THAT(wide, Not(HasSubstr("\x1b")));
  for (const bool unicode : {false, true}) {
    const std::string text =
        HeatMapText(heat, {.width = 20, .unicode = unicode});
    size_t start = 0;
    while (start < text.size()) {
      const size_t end = text.find('\n', start);
      int width = 0;
      for (size_t i = start; i < end; ++i) {
        width += (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
      }
      EXPECT_LE(width, 20) << text.substr(start, end - start);
      start = end + 1;
    }
  }
  const std::string colours =
      HeatMapText(heat, {.width = 80, .unicode = true, .colour = true});
  EXPECT_THAT(colours, HasSubstr("\x1b[97;48;5;"));
}

TEST(HeatMapTextTest, ColumnsThatDoNotFitStandBelow) {
  CellTable table = MakeTable();
  for (int i = 0; i < 60; ++i) {
    table.cells.push_back(table.cells[0]);
    table.cells.back().group[0].set_number(100 + i);
  }
  const Heat heat = *MakeHeat(MakeSweep(), table, std::nullopt);
  const std::string text = HeatMapText(heat, {.width = 40});
  // Every row stands there once in each of two parts.
  size_t rows = 0;
  for (size_t at = text.find("\n1 "); at != std::string::npos;
       at = text.find("\n1 ", at + 1)) {
    ++rows;
  }
  EXPECT_EQ(rows, 2u) << text;
}

}  // namespace
}  // namespace fathom::client
