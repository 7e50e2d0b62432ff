#include "client/view/plot_script.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/plot_axes.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

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

// The steps that depth saved: from the first crossing of the reference to where
// the shallowest gets there, and the crossings themselves.
std::string SavedData(const Plot::Panel& panel, size_t p, bool linear) {
  std::string text;
  double first = 0;
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    const std::optional<double>& crossing = panel.lines[l].crossing;
    if (!crossing.has_value() || !panel.reference.has_value()) continue;
    const double place = StepPlace(*crossing, linear);
    if (first == 0 || place < first) first = place;
    absl::StrAppend(&text, "$cross_", p, "_", l, " << EOD\n", NumberText(place),
                    " ", NumberText(*panel.reference), "\nEOD\n");
  }
  if (first == 0) return "";
  absl::StrAppend(&text, "$saved_", p, " << EOD\n", NumberText(first), " ",
                  NumberText(*panel.reference), "\n",
                  NumberText(StepPlace(panel.reference_step, linear)), " ",
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
        const auto step = static_cast<double>(line.curve.steps[i]);
        absl::StrAppend(&text, NumberText(StepPlace(step, plot.linear_steps)),
                        " ", NumberText(line.curve.values[i]), "\n");
      }
      absl::StrAppend(&text, "EOD\n");
    }
    absl::StrAppend(&text, SavedData(plot.panels[p], p, plot.linear_steps));
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

std::string StepRange(int64_t last_step, bool linear) {
  const double last = StepPlace(static_cast<double>(last_step), linear);
  return absl::StrCat("set xrange [", linear ? "0" : "0.9", ":",
                      NumberText(last * (linear ? 1.02 : 1.1)), "]\n");
}

std::string PanelCommands(const Plot& plot, size_t p) {
  const Plot::Panel& panel = plot.panels[p];
  const PlotRange range = RangeOf(panel);
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
      "\nset xtics (", StepTicks(range.last_step, plot.linear_steps),
      ")\nset ytics (", ValueTicks(range.low, range.high), ")\n",
      StepRange(range.last_step, plot.linear_steps), "set yrange [",
      NumberText(range.low), ":", NumberText(range.high), "]\n", "plot ",
      absl::StrJoin(items, ", \\\n  "), "\n");
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
      plot.linear_steps ? "set logscale y\n" : "set logscale xy\n",
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
