#include "client/view/plots/heat_script.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/plots/plot_axes.h"
#include "client/view/plots/plot_layout.h"

namespace fathom::client {
namespace {

// In pixels.
constexpr int kWidthOfCells = 640;
constexpr int kHeightOfCells = 400;
constexpr int kWidestCell = 96;
constexpr int kHighestCell = 56;
constexpr int kNarrowestText = 56;  // Cells below it have no number.
constexpr int kLowestText = 18;
constexpr int kLetter = 9;
constexpr int kHeatTitleLetter = 12;
constexpr double kHeatSubtitleLetter = 8.3;
constexpr int kNameOfAxis = 64;  // With the space around it.
constexpr int kRightOfCells = 150;
constexpr int kAboveCells = 96;
constexpr size_t kScaleSteps = 6;
constexpr char kDivergedColour[] = "#d55e00";
constexpr double kBarHeight = 0.14;  // Of a cell.
// Names of values that are longer are cut.
constexpr int kMostLettersOfValue = 24;

std::string HeatBox(double x, double y, double width, double height,
                    const std::string& system, const std::string& colour) {
  return absl::StrFormat(
      "set object rectangle center %s %.6f, %s %.6f size %s %.6f, %s %.6f "
      "fillcolor rgb \"%s\" fillstyle solid noborder\n",
      system, x, system, y, system, width, system, height, colour);
}

std::string HeatLabel(const std::string& text, double x, double y,
                      const std::string& system, const std::string& style) {
  return absl::StrFormat("set label %s at %s %.6f, %s %.6f %s\n",
                         GnuplotString(text), system, x, system, y, style);
}

std::string CellCommands(const Heat& heat, bool numbers) {
  std::string script;
  for (const Heat::Cell& cell : heat.cells) {
    const auto x = static_cast<double>(cell.x);
    const auto y = static_cast<double>(cell.y);
    script += HeatBox(
        x, y, 1, 1, "first",
        cell.value.has_value() ? HeatColour(heat, *cell.value) : kNoHeat);
    if (cell.diverged > 0 && !heat.is_share) {
      // A light rim around the bar, which must be seen on every colour.
      script += HeatBox(x - 0.5 + cell.diverged / 2, y - 0.5 + kBarHeight / 2,
                        cell.diverged, kBarHeight, "first", "#ffffff");
      script +=
          HeatBox(x - 0.5 + cell.diverged / 2, y - 0.5 + kBarHeight * 0.4,
                  cell.diverged, kBarHeight * 0.8, "first", kDivergedColour);
    }
    if (!numbers) continue;
    // The upper colours are light.
    const bool dark =
        cell.value.has_value() && HeatShare(heat, *cell.value) < 0.75;
    script +=
        HeatLabel(HeatText(heat, cell), x, y, "first",
                  absl::StrCat("center front font \",11\" textcolor rgb \"",
                               dark ? "#ffffff" : "#222222", "\""));
  }
  return script;
}

// Returns the colours with their values, to the right of the cells, and what
// the bar means.
std::string ScaleCommands(const Heat& heat, int width, int height, int below) {
  constexpr double kBox = 18;
  constexpr double kRow = 26;
  const double left = width - kRightOfCells + 30;
  std::string script;
  double y = below + kRow / 2;
  const auto add = [&](const std::string& colour, double box_height,
                       const std::string& text) {
    script += HeatBox(left / width, y / height, kBox / width,
                      box_height / height, "screen", colour);
    script += HeatLabel(text, (left + kBox) / width, y / height, "screen",
                        "left textcolor rgb \"#222222\"");
    y += kRow;
  };
  for (const double value : HeatScale(heat, kScaleSteps)) {
    add(HeatColour(heat, value), kBox, HeatNumber(heat, value));
  }
  const auto any = [&](auto has) { return absl::c_any_of(heat.cells, has); };
  if (any([](const Heat::Cell& cell) { return !cell.value.has_value(); })) {
    add(kNoHeat, kBox, "no value");
  }
  if (!heat.is_share &&
      any([](const Heat::Cell& cell) { return cell.diverged > 0; })) {
    add(kDivergedColour, kBox / 3, "diverged");
  }
  return script;
}

std::string HeatTicks(const std::vector<std::string>& values) {
  std::vector<std::string> ticks;
  for (size_t i = 0; i < values.size(); ++i) {
    ticks.push_back(absl::StrCat(GnuplotString(values[i]), " ", i));
  }
  return absl::StrJoin(ticks, ", ");
}

std::vector<std::string> ShortNames(const std::vector<std::string>& texts) {
  std::vector<std::string> shorter;
  for (const std::string& text : texts) {
    shorter.push_back(Shortened(text, kMostLettersOfValue));
  }
  return shorter;
}

// Returns the number of letters of the longest text.
int Widest(const std::vector<std::string>& texts) {
  int widest = 0;
  for (const std::string& text : texts) {
    widest = std::max(widest, DisplayWidth(text));
  }
  return widest;
}

// Returns the title and the subtitle, cut to the width.
std::string HeatTitles(const Heat& heat, int width, int height) {
  const std::string number = absl::StrCat(" (sweep ", heat.sweep, ")");
  std::string text = HeatLabel(
      Shortened(heat.name, width / kHeatTitleLetter - DisplayWidth(number)) +
          number,
      0.5, 1 - 22.0 / height, "screen",
      "center font \",16\" textcolor rgb \"#000000\"");
  double y = 48;
  for (const std::string& line : BrokenText(
           heat.subtitle, static_cast<int>(width / kHeatSubtitleLetter))) {
    text += HeatLabel(line, 0.5, 1 - y / height, "screen",
                      "center font \",12\" textcolor rgb \"#555555\"");
    y += 20;
  }
  return text;
}

}  // namespace

std::string HeatScript(const Heat& heat, PictureFormat format,
                       const std::string& output) {
  const auto across = static_cast<int>(heat.across.size());
  const auto up = static_cast<int>(heat.up.size());
  const std::vector<std::string> names_across = ShortNames(heat.across);
  const std::vector<std::string> names_up = ShortNames(heat.up);
  const int cell_width = std::min(kWidthOfCells / across, kWidestCell);
  const int cell_height = std::min(kHeightOfCells / up, kHighestCell);
  // Names of values that are too wide for their cells are turned upright.
  const int widest = Widest(names_across) * kLetter;
  const bool crowded = widest > cell_width;
  const int below = kNameOfAxis + (crowded ? widest : 2 * kLetter);
  const int left = kNameOfAxis + Widest(names_up) * kLetter;
  // Titles need room where there are few cells.
  const int width =
      std::max(left + across * cell_width + kRightOfCells, kWidthOfCells);
  const int height =
      std::max(below + up * cell_height + kAboveCells, kHeightOfCells);
  const auto share = [](int pixels, int all) {
    return absl::StrFormat("screen %.6f", static_cast<double>(pixels) / all);
  };
  return absl::StrCat(
      PlotTerminal(format, width, height), "set output ", GnuplotString(output),
      "\n", PlotStyle(), "unset grid\nset lmargin at ", share(left, width),
      "\nset rmargin at ", share(width - kRightOfCells, width),
      "\nset bmargin at ", share(below, height), "\nset tmargin at ",
      share(height - kAboveCells, height), "\n",
      HeatTitles(heat, width, height), "set xlabel ",
      GnuplotString(heat.x_label), "\nset ylabel ", GnuplotString(heat.y_label),
      "\nset xtics (", HeatTicks(names_across), ")", crowded ? " rotate" : "",
      "\nset ytics (", HeatTicks(names_up), ")\nset xrange [-0.5:", across,
      "-0.5]\nset yrange [-0.5:", up, "-0.5]\n",
      CellCommands(heat,
                   (width - left - kRightOfCells) / across >= kNarrowestText &&
                       cell_height >= kLowestText),
      ScaleCommands(heat, width, height, below),
      "plot NaN notitle\nset output\n");
}

}  // namespace fathom::client
