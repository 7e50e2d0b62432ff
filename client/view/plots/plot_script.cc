#include "client/view/plots/plot_script.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/plots/plot_axes.h"
#include "client/view/plots/plot_data.h"
#include "client/view/plots/plot_layout.h"
#include "client/view/plots/plot_style.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

// The opacity of a band. Where there are many bands, each of them has to be
// paler, so that the others show through.
constexpr double kDensestBand = 0.2;
constexpr double kPalestBand = 0.1;
constexpr double kBandsTogether = 0.8;
constexpr size_t kFewPoints = 12;

// Returns the style of line `l` of the panel. Lines below marks are thin, so
// that the marks can be seen.
std::string LineStyle(const Plot::Panel& panel, size_t l) {
  return absl::StrCat("linewidth ", panel.marks.empty() ? "2.2" : "1.1",
                      panel.lines[l].dashed ? " dashtype (8,5)" : "",
                      " linecolor rgb \"", ColourOfLine(panel, l), "\"");
}

// Returns the style of mark `m` of the panel. It has the colour of its line, or
// a colour that no line has. Marks of the same line differ in form.
std::string MarkStyle(const Plot::Panel& panel, size_t m) {
  static constexpr const char* kColours[] = {"#d55e00", "#cc79a7", "#e69f00",
                                             "#444444"};
  static constexpr int kForms[] = {6, 4, 8, 10, 12};  // Open forms.
  const std::optional<size_t>& line = panel.marks[m].line;
  const auto earlier = static_cast<size_t>(
      std::count_if(panel.marks.begin(), panel.marks.begin() + m,
                    [&](const Plot::Mark& mark) { return mark.line == line; }));
  return absl::StrCat("pointtype ", kForms[earlier % std::size(kForms)],
                      " pointsize 0.7 linewidth 1.1 linecolor rgb \"",
                      line.has_value()
                          ? ColourOfLine(panel, *line)
                          : kColours[earlier % std::size(kColours)],
                      "\"");
}

// Returns what is drawn in a panel, from back to front.
std::vector<std::string> PlotItems(const Plot& plot, size_t p) {
  const Plot::Panel& panel = plot.panels[p];
  const auto shown = [&](const auto& line) {
    return HasPoint(line, plot.y_scale);
  };
  const auto lines = static_cast<double>(panel.lines.size());
  const double density =
      std::clamp(kBandsTogether / lines, kPalestBand, kDensestBand);
  std::vector<std::string> items;
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    if (panel.lines[l].band.low.empty() || !shown(panel.lines[l])) continue;
    items.push_back(absl::StrCat(
        "$curve_", p, "_", l,
        " using 1:3:4 with filledcurves fillstyle transparent solid ",
        absl::StrFormat("%.2f", density), " noborder linecolor rgb \"",
        ColourOfLine(panel, l), "\""));
  }
  if (HasSaved(panel)) {
    items.push_back(absl::StrCat("$saved_", p,
                                 " using 1:2 with lines linewidth 1 linecolor "
                                 "rgb \"#777777\""));
  }
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    if (!shown(panel.lines[l])) continue;
    // Few points are marked: one alone makes no line.
    const bool few = panel.lines[l].curve.at.size() <= kFewPoints;
    items.push_back(
        absl::StrCat("$curve_", p, "_", l, " using 1:2 with ",
                     few ? "linespoints pointtype 7 pointsize 0.6 " : "lines ",
                     LineStyle(panel, l)));
  }
  for (size_t m = 0; m < panel.marks.size(); ++m) {
    if (!shown(panel.marks[m])) continue;
    items.push_back(absl::StrCat("$mark_", p, "_", m, " using 1:2 with points ",
                                 MarkStyle(panel, m)));
  }
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    if (!HasSaved(panel) || !panel.lines[l].crossing.has_value()) continue;
    items.push_back(absl::StrCat("$cross_", p, "_", l,
                                 " using 1:2 with points pointtype 7 "
                                 "pointsize 0.8 linecolor rgb \"",
                                 ColourOfLine(panel, l), "\""));
  }
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    if (panel.lines[l].diverged.empty()) continue;
    items.push_back(absl::StrCat("$rim_", p, "_", l,
                                 " using 1:2 with points pointtype 2 "
                                 "pointsize 0.9 linewidth 1.6 linecolor rgb \"",
                                 ColourOfLine(panel, l), "\""));
  }
  if (items.empty()) items.push_back("NaN");
  return items;
}

// Turns pixels of the layout into gnuplot's "screen X, screen Y".
class Screen {
 public:
  explicit Screen(const PlotLayout& layout) : layout_(layout) {}
  std::string X(int x) const { return Text(x, layout_.width); }
  std::string Y(int y) const { return Text(y, layout_.height); }
  std::string At(int x, int y) const { return absl::StrCat(X(x), ", ", Y(y)); }

 private:
  static std::string Text(int pixels, int all) {
    return absl::StrFormat("screen %.6f", static_cast<double>(pixels) / all);
  }
  const PlotLayout& layout_;
};

// Returns the lines above the panels: the title, and smaller below it the
// subtitle.
std::string Titles(const PlotLayout& layout) {
  const Screen screen(layout);
  std::string text =
      absl::StrCat("set label ", GnuplotString(layout.title), " at ",
                   screen.At(layout.width / 2, layout.title_middle),
                   " center font \",16\" textcolor rgb \"#000000\"\n");
  for (size_t i = 0; i < layout.subtitle.size(); ++i) {
    absl::StrAppend(&text, "set label ", GnuplotString(layout.subtitle[i]),
                    " at ",
                    screen.At(layout.width / 2, layout.subtitle_middle[i]),
                    " center font \",12\" textcolor rgb \"#555555\"\n");
  }
  return text;
}

std::string LegendLabels(const Plot& plot, const PlotLayout& layout, size_t p) {
  const Plot::Panel& panel = plot.panels[p];
  const Screen screen(layout);
  std::string text;
  const auto add_label = [&](const std::string& label,
                             const PlotLayout::Place& place) {
    absl::StrAppend(&text, "set label ",
                    GnuplotString(Shortened(label, layout.most_letters)),
                    " at ", screen.At(place.left + kSampleText, place.middle),
                    " left textcolor rgb \"#222222\"\n");
  };
  for (size_t l = 0; l < panel.lines.size(); ++l) {
    const PlotLayout::Place& place = layout.legend[p][l];
    absl::StrAppend(&text, "set arrow from ",
                    screen.At(place.left, place.middle), " to ",
                    screen.At(place.left + kSampleLength, place.middle),
                    " nohead ", LineStyle(panel, l), "\n");
    add_label(LegendLabel(panel.lines[l], plot.y_scale), place);
  }
  for (size_t m = 0; m < panel.marks.size(); ++m) {
    const PlotLayout::Place& place = layout.legend[p][panel.lines.size() + m];
    absl::StrAppend(&text, "set label '' at ",
                    screen.At(place.left + kSampleLength / 2, place.middle),
                    " point ", MarkStyle(panel, m), "\n");
    add_label(panel.marks[m].label, place);
  }
  return text;
}

std::string PanelCommands(const Plot& plot, size_t p,
                          const PlotLayout& layout) {
  const Plot::Panel& panel = plot.panels[p];
  const PlotLayout::Box& axes = layout.axes[p];
  const PlotLayout::Place& name = layout.value_name[p];
  const Screen screen(layout);
  const PlotRange range = RangeOf(plot, p);
  const bool first_in_row = p == 0 || layout.axes[p - 1].left >= axes.left;
  return absl::StrCat(
      "set lmargin at ", screen.X(axes.left), "\nset rmargin at ",
      screen.X(axes.right), "\nset bmargin at ", screen.Y(axes.bottom),
      "\nset tmargin at ", screen.Y(axes.top), "\nset title ",
      GnuplotString(Shortened(panel.title, layout.most_title_letters)), "\n",
      first_in_row ? absl::StrCat("set label ", GnuplotString(plot.y_label),
                                  " at ", screen.At(name.left, name.middle),
                                  " center rotate textcolor rgb \"#222222\"\n")
                   : "",
      "set xtics (", TickList(PlaceTicksOf(plot, range)), ")\nset ytics (",
      TickList(ValueTicksOf(plot, range)), ")\nset xrange [",
      NumberText(range.left), ":", NumberText(range.right), "]\nset yrange [",
      NumberText(range.low), ":", NumberText(range.high), "]\n",
      LegendLabels(plot, layout, p), "plot ",
      absl::StrJoin(PlotItems(plot, p), ", \\\n  "),
      "\nunset label\nunset arrow\n");
}

std::string LogScales(const Plot& plot) {
  const bool x =
      plot.x_scale == PlotScale::kLogSteps || plot.x_scale == PlotScale::kLog;
  const bool y = plot.y_scale == PlotScale::kLog;
  if (!x && !y) return "";
  return absl::StrCat("set logscale ", x ? "x" : "", y ? "y" : "", "\n");
}

}  // namespace

std::string PlotScript(const Plot& plot, PictureFormat format,
                       const std::string& output) {
  const PlotLayout layout = LayOut(plot);
  std::string script = absl::StrCat(
      PlotTerminal(format, layout.width, layout.height), "set output ",
      GnuplotString(output), "\n", PlotStyle(), LogScales(plot), "set xlabel ",
      GnuplotString(plot.x_label), " textcolor rgb \"#222222\"\n",
      PlotData(plot), "set multiplot\n",
      Titles(layout));  // Shown with the first panel.
  for (size_t p = 0; p < plot.panels.size(); ++p) {
    script += PanelCommands(plot, p, layout);
  }
  return script + "unset multiplot\nset output\n";
}

}  // namespace fathom::client
