#include "client/view/plot_script.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "client/view/format.h"
#include "client/view/speedup.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/values.h"

namespace fathom {
namespace {

constexpr size_t kMostPanels = 12;
constexpr int kPanelWidth = 460;
constexpr int kPanelHeight = 400;
constexpr int kHeaderHeight = 66;
constexpr int kSubtitleTop = 42;  // Its middle.
constexpr int kNarrowest = 640;
// Wide enough for most letters of the titles, in pixels.
constexpr int kTitleLetter = 12;
constexpr int kSubtitleLetter = 9;
constexpr int kPanelTitleLetter = 11;
constexpr int kLabelHeight = 20;
constexpr size_t kMostLabelRows = 8;  // As in kStyle.

// Where log(0) would be, a little below everything else.
double XOf(int64_t step) { return static_cast<double>(step) + 1; }

// Colours along viridis, dark to light, without its palest end: ordered, and
// told apart in every form of colour blindness and in grey.
std::string Colour(size_t index, size_t count) {
  static constexpr int kViridis[][3] = {
      {68, 1, 84},    {72, 40, 120},  {62, 74, 137},  {49, 104, 142},
      {38, 130, 142}, {31, 158, 137}, {53, 183, 121}, {110, 206, 88}};
  constexpr double kLast = std::size(kViridis) - 1;
  const double at = count < 2 ? 3
                              : kLast * static_cast<double>(index) /
                                    static_cast<double>(count - 1);
  const auto low = static_cast<size_t>(std::min(at, kLast - 1));
  const double part = at - static_cast<double>(low);
  int rgb[3];
  for (int i = 0; i < 3; ++i) {
    rgb[i] = static_cast<int>(std::lround(kViridis[low][i] * (1 - part) +
                                          kViridis[low + 1][i] * part));
  }
  return absl::StrFormat("#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

constexpr size_t kNoAxis = static_cast<size_t>(-1);

// Tells groups apart by the values of all axes but the one at `skip`.
std::string GroupKey(const std::vector<v1::Value>& values, size_t skip) {
  std::string key;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i != skip) absl::StrAppend(&key, ValueText(values[i]), "\n");
  }
  return key;
}

// The same in words: "p = 4, init.std = 0.1".
std::string GroupTitle(const std::vector<std::string>& axes,
                       const std::vector<v1::Value>& values, size_t skip) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (i == skip) continue;
    parts.push_back(
        absl::StrCat(AxisLabel(axes[i]), " = ", SettingText(values[i])));
  }
  return absl::StrJoin(parts, ", ");
}

// The axis whose values are lines: the depth, or else the last one.
size_t LineAxis(const SweepSummary& summary) {
  const auto depth = absl::c_find(summary.by, "depth");
  if (depth != summary.by.end()) return depth - summary.by.begin();
  return summary.by.empty() ? kNoAxis : summary.by.size() - 1;
}

Plot::Line MakeLine(const SweepSummary& summary, const SummaryRow& row,
                    size_t axis) {
  Plot::Line line{.curve = row.curve};
  std::vector<std::string> label;
  if (axis != kNoAxis) {
    line.name = absl::StrCat(AxisLabel(summary.by[axis]), " ",
                             SettingText(row.group[axis]));
    label.push_back(line.name);
  }
  const Best& best = *row.best.back();
  for (size_t i = 0; i < best.settings.size(); ++i) {
    label.push_back(absl::StrCat(AxisLabel(summary.best_over[i]), " ",
                                 SettingText(best.settings[i])));
  }
  line.label = absl::StrJoin(label, ", ");
  return line;
}

// Marks where the deeper curves reach what the shallowest does in the end.
void MarkCrossings(const SweepSummary& summary,
                   const std::map<std::string, size_t>& panel_of, Plot* plot) {
  for (const DepthComparison& comparison : CompareDepths(summary)) {
    const auto found = panel_of.find(GroupKey(comparison.values, kNoAxis));
    if (found == panel_of.end() || !comparison.base_value.has_value()) continue;
    Plot::Panel& panel = plot->panels[found->second];
    panel.reference = comparison.base_value;
    panel.reference_step = *comparison.base_step;
    for (const DepthOutcome& outcome : comparison.deeper) {
      if (outcome.factor.value_or(0) < 1) continue;
      const std::string name = absl::StrCat("depth ", outcome.depth);
      for (Plot::Line& line : panel.lines) {
        if (line.name == name) line.crossing = outcome.reached_step;
      }
    }
  }
}

std::string Subtitle(const SweepSummary& summary, size_t axis) {
  return absl::StrCat(
      "best trial",
      axis == kNoAxis ? "" : absl::StrCat(" per ", AxisLabel(summary.by[axis])),
      " at step ", CountText(summary.steps.back()),
      summary.average_over.empty()
          ? ""
          : absl::StrCat(", mean over ",
                         absl::StrJoin(summary.average_over, " and ")));
}

// Ticks of a logarithmic axis: the digits 1, 2, 5 of every decade, more on a
// short axis and powers of ten alone on a long one.
std::string Ticks(double low, double high) {
  static constexpr double kShort[] = {1, 1.5, 2, 3, 5, 7};
  static constexpr double kMiddle[] = {1, 2, 5};
  static constexpr double kLong[] = {1};
  const double decades = std::log10(high / low);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 8)));
  const absl::Span<const double> digits =
      decades < 1.2   ? absl::MakeConstSpan(kShort)
      : decades < 2.5 ? absl::MakeConstSpan(kMiddle)
                      : absl::MakeConstSpan(kLong);
  std::vector<std::string> ticks;
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  for (int exponent = first; exponent <= last; ++exponent) {
    if (exponent % stride != 0) continue;
    for (const double digit : digits) {
      const double value = RoundToDecimal(digit * std::pow(10, exponent));
      if (value < low || value > high) continue;
      const bool plain = exponent >= -4 && exponent < 5;
      ticks.push_back(absl::StrCat(
          GnuplotString(plain ? absl::StrFormat("%.7g", value)
                              : absl::StrFormat("%.2ge%d", digit, exponent)),
          " ", NumberText(value)));
    }
  }
  return absl::StrJoin(ticks, ", ");
}

std::string StepTick(int64_t step, const std::string& label) {
  return absl::StrCat(GnuplotString(label), " ", NumberText(XOf(step)));
}

// Steps 0, 10, 100, ... and the last one, unless it is too near.
std::string StepTicks(int64_t last) {
  constexpr int64_t kLongestPlain = 100'000;
  std::vector<std::string> ticks = {StepTick(0, "0")};
  int64_t step = 10;
  int exponent = 1;
  for (; step <= last; step *= 10, ++exponent) {
    ticks.push_back(StepTick(step, step <= kLongestPlain
                                       ? absl::StrCat(step)
                                       : absl::StrCat("1e", exponent)));
  }
  const bool has_room = last > step / 10 * 3;
  if (has_room && last <= kLongestPlain) {
    ticks.push_back(StepTick(last, absl::StrCat(last)));
  }
  return absl::StrJoin(ticks, ", ");
}

struct Range {
  double low = 0;
  double high = 0;
  int64_t last_step = 1;
};

Range RangeOf(const Plot::Panel& panel) {
  Range range;
  for (const Plot::Line& line : panel.lines) {
    for (size_t i = 0; i < line.curve.steps.size(); ++i) {
      range.last_step = std::max(range.last_step, line.curve.steps[i]);
      const double value = line.curve.values[i];
      if (!(value > 0)) continue;
      if (range.low == 0 || value < range.low) range.low = value;
      range.high = std::max(range.high, value);
    }
  }
  if (range.low == 0) range.low = range.high = 1;
  const double room = std::max(std::pow(range.high / range.low, 0.06), 1.05);
  range.low /= room;
  range.high *= room;
  return range;
}

// The steps that depth saved: from the first crossing of the reference to where
// the shallowest gets there, and the crossings themselves.
std::string SavedData(const Plot::Panel& panel, size_t p) {
  std::string text;
  double first = 0;
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    const std::optional<double>& crossing = panel.lines[l].crossing;
    if (!crossing.has_value() || !panel.reference.has_value()) continue;
    if (first == 0 || *crossing + 1 < first) first = *crossing + 1;
    absl::StrAppend(&text, "$cross_", p, "_", l, " << EOD\n",
                    NumberText(*crossing + 1), " ",
                    NumberText(*panel.reference), "\nEOD\n");
  }
  if (first == 0) return "";
  absl::StrAppend(&text, "$saved_", p, " << EOD\n", NumberText(first), " ",
                  NumberText(*panel.reference), "\n",
                  NumberText(panel.reference_step + 1), " ",
                  NumberText(*panel.reference), "\nEOD\n");
  return text;
}

std::string Data(const Plot& plot) {
  std::string text;
  for (size_t p = 0; p < plot.panels.size(); ++p) {
    for (size_t l = 0; l < plot.panels[p].lines.size(); ++l) {
      const Plot::Line& line = plot.panels[p].lines[l];
      absl::StrAppend(&text, "$curve_", p, "_", l, " << EOD\n");
      for (size_t i = 0; i < line.curve.steps.size(); ++i) {
        if (!(line.curve.values[i] > 0)) continue;
        absl::StrAppend(&text, NumberText(XOf(line.curve.steps[i])), " ",
                        NumberText(line.curve.values[i]), "\n");
      }
      absl::StrAppend(&text, "EOD\n");
    }
    absl::StrAppend(&text, SavedData(plot.panels[p], p));
  }
  return text;
}

// Cuts `text` after `most` characters.
std::string Shortened(const std::string& text, int most) {
  if (DisplayWidth(text) <= most) return text;
  std::string cut;
  int count = 0;
  for (const char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (starts && ++count == most) break;
    cut += c;
  }
  return absl::StrCat(cut, "…");
}

int Columns(const Plot& plot) {
  const int panels = static_cast<int>(plot.panels.size());
  return panels <= 3 ? panels : (panels == 4 ? 2 : 3);
}

int PanelWidth(const Plot& plot) {
  return std::max(kPanelWidth, kNarrowest / Columns(plot));
}

// The two lines above the panels: the sweep, and smaller what is shown. The
// title keeps the room of both; the second is a label of the first panel, as
// all of a title has one font.
std::string Titles(const Plot& plot, int width, int height) {
  const std::string number = absl::StrCat(" (sweep ", plot.sweep, ")");
  const int letters = width / kTitleLetter - DisplayWidth(number);
  const std::string subtitle =
      plot.left_out == 0
          ? plot.subtitle
          : absl::StrCat(plot.subtitle, " (",
                         CountText(plot.left_out, "more group"), ")");
  return absl::StrCat(
      " title ", GnuplotString(Shortened(plot.name, letters) + number),
      " . \"\\n \" font \",16\"\n", "set label 1 ",
      GnuplotString(Shortened(subtitle, width / kSubtitleLetter)),
      " at screen 0.5, screen ",
      NumberText(1 - static_cast<double>(kSubtitleTop) / height),
      " center font \",12\" textcolor rgb \"#555555\"\n");
}

std::string PanelCommands(const Plot& plot, size_t p) {
  const Plot::Panel& panel = plot.panels[p];
  const Range range = RangeOf(panel);
  const auto crosses = [&](const Plot::Line& line) {
    return line.crossing.has_value() && panel.reference.has_value();
  };
  std::vector<std::string> items;
  if (absl::c_any_of(panel.lines, crosses)) {
    items.push_back(absl::StrCat("$saved_", p,
                                 " using 1:2 notitle with lines linewidth 1 "
                                 "linecolor rgb \"#777777\""));
  }
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    items.push_back(absl::StrCat(
        "$curve_", p, "_", l, " using 1:2 with lines linewidth 2.2 linecolor ",
        "rgb \"", Colour(l, panel.lines.size()), "\" title ",
        GnuplotString(panel.lines[l].label)));
  }
  // Marks come last, on top of every line.
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    if (!crosses(panel.lines[l])) continue;
    items.push_back(absl::StrCat(
        "$cross_", p, "_", l, " using 1:2 notitle with points pointtype 7 ",
        "pointsize 0.8 linecolor rgb \"", Colour(l, panel.lines.size()), "\""));
  }
  return absl::StrCat(
      "set title ",
      GnuplotString(
          Shortened(panel.title, PanelWidth(plot) / kPanelTitleLetter)),
      "\nset xtics (", StepTicks(range.last_step), ")\nset ytics (",
      Ticks(range.low, range.high), ")\n",
      "set xrange [0.9:", NumberText(XOf(range.last_step) * 1.1), "]\n",
      "set yrange [", NumberText(range.low), ":", NumberText(range.high), "]\n",
      "plot ", absl::StrJoin(items, ", \\\n  "), "\n");
}

std::string Terminal(PictureFormat format, int width, int height) {
  if (format == PictureFormat::kSvg) {
    return absl::StrCat("set terminal svg size ", width, ",", height,
                        " noenhanced background \"white\" font "
                        "\"Helvetica,Arial,sans-serif,13\"\n");
  }
  // Twice the size, for sharp screens. Without cairo libgd has to do.
  return absl::StrCat(
      "if (strstrt(GPVAL_TERMINALS, \"pngcairo\") > 0) {\n",
      "  set terminal pngcairo size ", 2 * width, ",", 2 * height,
      " noenhanced background \"white\" font \"sans,13\" fontscale 2 "
      "linewidth 2 pointscale 2\n",
      "} else {\n  set terminal png size ", width, ",", height,
      " noenhanced\n}\n");
}

constexpr char kStyle[] =
    R"gp(set encoding utf8
set logscale xy
set border 3 linecolor rgb "#555555" linewidth 0.8
set grid xtics ytics linecolor rgb "#e3e3e3" linewidth 0.6 linetype 1
set tics nomirror scale 0.6 textcolor rgb "#333333"
unset mxtics
unset mytics
set key below center vertical Left reverse samplen 1.6 spacing 1.15 maxrows 8 textcolor rgb "#222222" noautotitle
set xlabel "step" textcolor rgb "#222222"
set title offset 0,-0.4 font ",14" textcolor rgb "#000000"
)gp";

}  // namespace

std::string GnuplotString(const std::string& text) {
  std::string literal = "'";
  for (const char c : Printable(text)) {
    literal += c;
    if (c == '\'') literal += c;  // Doubled within single quotes.
  }
  return literal + "'";
}

Plot MakePlot(const v1::Sweep& sweep, const SweepSummary& summary) {
  const size_t axis = LineAxis(summary);
  Plot plot;
  plot.name = sweep.spec().name();
  plot.sweep = sweep.sweep_id();
  plot.subtitle = Subtitle(summary, axis);
  plot.y_label = summary.metric == v1::METRIC_LP_ERROR
                     ? "mean |prediction - target|^p"
                     : MetricLabel(summary.metric);
  std::map<std::string, size_t> panel_of;
  for (const SummaryRow& row : summary.rows) {
    if (row.curve.steps.empty() || !row.best.back().has_value()) continue;
    const auto [found, added] =
        panel_of.emplace(GroupKey(row.group, axis), plot.panels.size());
    if (added) {
      plot.panels.push_back({.title = GroupTitle(summary.by, row.group, axis)});
    }
    plot.panels[found->second].lines.push_back(MakeLine(summary, row, axis));
  }
  MarkCrossings(summary, panel_of, &plot);
  if (plot.panels.size() > kMostPanels) {
    plot.left_out = static_cast<int>(plot.panels.size() - kMostPanels);
    plot.panels.resize(kMostPanels);
  }
  return plot;
}

std::string PlotScript(const Plot& plot, PictureFormat format,
                       const std::string& output) {
  const int panels = static_cast<int>(plot.panels.size());
  const int columns = Columns(plot);
  const int rows = (panels + columns - 1) / columns;
  size_t labels = 1;
  for (const Plot::Panel& panel : plot.panels) {
    labels = std::max(labels, std::min(panel.lines.size(), kMostLabelRows));
  }
  const int panel_height =
      kPanelHeight + kLabelHeight * static_cast<int>(labels);
  const int width = columns * PanelWidth(plot);
  const int height = rows * panel_height + kHeaderHeight;
  std::string script = absl::StrCat(
      Terminal(format, width, height), "set output ", GnuplotString(output),
      "\n", kStyle,
      // The same margin everywhere, so that the axes are in line.
      "set bmargin ", NumberText(4.2 + 1.2 * static_cast<double>(labels)), "\n",
      Data(plot));
  absl::StrAppend(&script, "set multiplot layout ", rows, ",", columns,
                  Titles(plot, width, height));
  for (size_t p = 0; p < plot.panels.size(); ++p) {
    absl::StrAppend(
        &script,
        p % columns == 0
            ? absl::StrCat("set ylabel ", GnuplotString(plot.y_label),
                           " textcolor rgb \"#222222\"\n")
            : "unset ylabel\n",
        PanelCommands(plot, p), "unset label\n");
  }
  absl::StrAppend(&script, "unset multiplot\nset output\n");
  return script;
}

}  // namespace fathom
