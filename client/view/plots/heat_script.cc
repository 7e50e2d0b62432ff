#include "client/view/plots/heat_script.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/plots/plot_axes.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr size_t kMostCells = 64;  // Along an axis.
// In pixels.
constexpr int kWidthOfCells = 640;
constexpr int kHeightOfCells = 400;
constexpr int kWidestCell = 96;
constexpr int kHighestCell = 56;
constexpr int kNarrowestText = 56;  // Cells below it have no number.
constexpr int kLowestText = 18;
constexpr int kLetter = 9;
constexpr int kNameOfAxis = 64;  // With the space around it.
constexpr int kRightOfCells = 150;
constexpr int kAboveCells = 76;
constexpr size_t kShades = 101;
constexpr size_t kScaleSteps = 6;

// The cells of a heat map.
struct Heat {
  std::vector<std::string> across = {};  // Values of the first axis.
  std::vector<std::string> up = {};      // Values of the second one.
  struct Cell {
    size_t x = 0;
    size_t y = 0;
    std::optional<double> value = {};
    bool diverged = false;
  };
  std::vector<Cell> cells = {};
  double low = 0;
  double high = 0;
  bool logarithmic = false;
};

// Values that differ in their exact text only, as steps of a grid do, have
// short names of their own.
struct Places {
  std::vector<std::string> exact = {};
  std::vector<std::string> shown = {};
};

// Returns the place of a value, which is added where it is new. Groups are in
// the order of their axes, and so are the places.
size_t PlaceOf(const ShortSettings& names, const std::string& axis,
               const v1::Value& value, Places* places) {
  const std::string text = SettingText(value);
  const auto found = absl::c_find(places->exact, text);
  if (found != places->exact.end()) return found - places->exact.begin();
  places->exact.push_back(text);
  places->shown.push_back(names.Text(axis, value));
  return places->exact.size() - 1;
}

absl::StatusOr<Heat> HeatOf(const v1::SweepSpec& spec,
                            const SweepAnalysis& analysis) {
  const SweepSummary& summary = analysis.summary;
  if (summary.by.size() != 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("--heat: found ", summary.by.size(), " axes to draw by",
                     ", expected two"));
  }
  const ShortSettings names(spec);
  Places across;
  Places up;
  Heat heat;
  for (size_t r = 0; r < summary.rows.size(); ++r) {
    const SummaryRow& row = summary.rows[r];
    Heat::Cell cell = {
        .x = PlaceOf(names, summary.by[0], row.group[0], &across),
        .y = PlaceOf(names, summary.by[1], row.group[1], &up),
        .diverged = analysis.groups[r].counts.diverged > 0};
    if (across.exact.size() > kMostCells || up.exact.size() > kMostCells) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--heat: expected at most ", kMostCells, " values of each axis"));
    }
    if (row.best.back().has_value()) cell.value = row.best.back()->value;
    heat.cells.push_back(cell);
  }
  heat.across = across.shown;
  heat.up = up.shown;
  bool any = false;
  for (const Heat::Cell& cell : heat.cells) {
    if (!cell.value.has_value()) continue;
    heat.low = any ? std::min(heat.low, *cell.value) : *cell.value;
    heat.high = any ? std::max(heat.high, *cell.value) : *cell.value;
    any = true;
  }
  if (!any) {
    return absl::FailedPreconditionError(
        "no picture: no cell has a setting of which all trials have a value");
  }
  heat.logarithmic = heat.low > 0;
  return heat;
}

// Returns how far a value is from the lowest (0) to the highest (1).
double ShareOf(const Heat& heat, double value) {
  if (heat.high == heat.low) return 0;
  return heat.logarithmic
             ? std::log(value / heat.low) / std::log(heat.high / heat.low)
             : (value - heat.low) / (heat.high - heat.low);
}

std::string Colour(const Heat& heat, double value) {
  const double share = std::clamp(ShareOf(heat, value), 0.0, 1.0);
  return LineColour(static_cast<size_t>(std::lround(share * (kShades - 1))),
                    kShades);
}

std::string Rectangle(double x, double y, double width, double height,
                      const std::string& system, const std::string& colour) {
  return absl::StrFormat(
      "set object rectangle center %s %.6f, %s %.6f size %s %.6f, %s %.6f "
      "fillcolor rgb \"%s\" fillstyle solid noborder\n",
      system, x, system, y, system, width, system, height, colour);
}

std::string Text(const std::string& text, double x, double y,
                 const std::string& system, const std::string& style) {
  return absl::StrFormat("set label %s at %s %.6f, %s %.6f %s\n",
                         GnuplotString(text), system, x, system, y, style);
}

// A cell and the scale have room for two digits; the table has them all.
std::string HeatNumber(double value) { return absl::StrFormat("%.2g", value); }

std::string CellCommands(const Heat& heat, bool numbers) {
  std::string script;
  for (const Heat::Cell& cell : heat.cells) {
    const auto x = static_cast<double>(cell.x);
    const auto y = static_cast<double>(cell.y);
    script += Rectangle(
        x, y, 1, 1, "first",
        cell.value.has_value() ? Colour(heat, *cell.value) : "#c8c8c8");
    if (!numbers) continue;
    // The upper colours are light.
    const bool dark =
        cell.value.has_value() && ShareOf(heat, *cell.value) < 0.75;
    script += Text(cell.value.has_value() ? HeatNumber(*cell.value)
                   : cell.diverged        ? "diverged"
                                          : "none",
                   x, y, "first",
                   absl::StrCat("center front font \",11\" textcolor rgb \"",
                                dark ? "#ffffff" : "#222222", "\""));
  }
  return script;
}

// Returns the colours with their values, to the right of the cells.
std::string ScaleCommands(const Heat& heat, int width, int height, int below) {
  constexpr double kBox = 18;
  constexpr double kRow = 26;
  const double left = width - kRightOfCells + 30;
  std::string script;
  for (size_t i = 0; i < kScaleSteps; ++i) {
    const double share = static_cast<double>(i) / (kScaleSteps - 1);
    const double value = heat.logarithmic
                             ? heat.low * std::pow(heat.high / heat.low, share)
                             : heat.low + share * (heat.high - heat.low);
    const double y = below + kRow / 2 + kRow * static_cast<double>(i);
    script += Rectangle(left / width, y / height, kBox / width, kBox / height,
                        "screen", Colour(heat, value));
    script += Text(HeatNumber(value), (left + kBox) / width, y / height,
                   "screen", "left textcolor rgb \"#222222\"");
    if (heat.high == heat.low) break;
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

// Returns the number of letters of the longest text.
int Widest(const std::vector<std::string>& texts) {
  int widest = 0;
  for (const std::string& text : texts) {
    widest = std::max(widest, DisplayWidth(text));
  }
  return widest;
}

std::string HeatSubtitle(const SweepSummary& summary) {
  const auto names = [](const std::vector<std::string>& axes) {
    std::vector<std::string> labels;
    for (const std::string& axis : axes) labels.push_back(AxisLabel(axis));
    return absl::StrJoin(labels, " and ");
  };
  const char* const title = FactsOf(summary.metric).title;
  std::string text = title != nullptr ? title : MetricLabel(summary.metric);
  if (!summary.best_over.empty()) {
    absl::StrAppend(&text, ", best ", names(summary.best_over));
  }
  if (!summary.average_over.empty()) {
    absl::StrAppend(&text, ", mean over ", names(summary.average_over));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> HeatScript(const v1::Sweep& sweep,
                                       const SweepAnalysis& analysis,
                                       PictureFormat format,
                                       const std::string& output) {
  const absl::StatusOr<Heat> heat = HeatOf(sweep.spec(), analysis);
  if (!heat.ok()) return heat.status();
  const auto across = static_cast<int>(heat->across.size());
  const auto up = static_cast<int>(heat->up.size());
  const int cell_width = std::min(kWidthOfCells / across, kWidestCell);
  const int cell_height = std::min(kHeightOfCells / up, kHighestCell);
  // Names of values that are too wide for their cells are turned upright.
  const int widest = Widest(heat->across) * kLetter;
  const bool crowded = widest > cell_width;
  const int below = kNameOfAxis + (crowded ? widest : 2 * kLetter);
  const int left = kNameOfAxis + Widest(heat->up) * kLetter;
  // Titles need room where there are few cells.
  const int width =
      std::max(left + across * cell_width + kRightOfCells, kWidthOfCells);
  const int height =
      std::max(below + up * cell_height + kAboveCells, kHeightOfCells);
  const auto share = [](int pixels, int all) {
    return absl::StrFormat("screen %.6f", static_cast<double>(pixels) / all);
  };
  const SweepSummary& summary = analysis.summary;
  const std::string title =
      absl::StrCat(sweep.spec().name(), " (sweep ", sweep.sweep_id(), ")");
  return absl::StrCat(
      PlotTerminal(format, width, height), "set output ", GnuplotString(output),
      "\n", PlotStyle(), "unset grid\nset lmargin at ", share(left, width),
      "\nset rmargin at ", share(width - kRightOfCells, width),
      "\nset bmargin at ", share(below, height), "\nset tmargin at ",
      share(height - kAboveCells, height), "\n",
      Text(title, 0.5, 1 - 22.0 / height, "screen",
           "center font \",16\" textcolor rgb \"#000000\""),
      Text(HeatSubtitle(summary), 0.5, 1 - 48.0 / height, "screen",
           "center font \",12\" textcolor rgb \"#555555\""),
      "set xlabel ", GnuplotString(AxisLabel(summary.by[0])), "\nset ylabel ",
      GnuplotString(AxisLabel(summary.by[1])), "\nset xtics (",
      HeatTicks(heat->across), ")", crowded ? " rotate" : "", "\nset ytics (",
      HeatTicks(heat->up), ")\nset xrange [-0.5:", across,
      "-0.5]\nset yrange [-0.5:", up, "-0.5]\n",
      CellCommands(*heat,
                   (width - left - kRightOfCells) / across >= kNarrowestText &&
                       cell_height >= kLowestText),
      ScaleCommands(*heat, width, height, below),
      "plot NaN notitle\nset output\n");
}

}  // namespace fathom::client
