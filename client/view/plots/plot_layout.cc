#include "client/view/plots/plot_layout.h"

#include <algorithm>
#include <cmath>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "client/view/format.h"
#include "client/view/plots/plot_data.h"

namespace fathom::client {
namespace {

constexpr int kPanelWidth = 460;
constexpr int kNarrowest = 640;
// Space around the axes of a panel.
constexpr int kLeft = 98;  // Name, labels and ticks of the value axis.
constexpr int kNameLeft = 14;
constexpr int kRight = 22;
constexpr int kAxesHeight = 292;
constexpr int kNoTitle = 12;
constexpr int kPanelTitle = 34;
constexpr int kBelowAxes = 70;  // Ticks and name of the step axis.
constexpr int kBelowLegend = 22;
constexpr int kLegendLeft = 20;
constexpr int kLegendRow = 20;
constexpr int kLegendGap = 18;  // Between columns.
// Space above the panels.
constexpr int kHeader = 40;
constexpr int kTitleTop = 22;  // Middle of the title.
constexpr int kSubtitleRow = 20;
// Widths of a letter at the font sizes of the script, wide enough for most
// letters.
constexpr int kTitleLetter = 12;
constexpr double kSubtitleLetter = 8.3;
constexpr int kPanelTitleLetter = 11;
constexpr int kLabelLetter = 9;
constexpr int kMostLettersOfLabel = 110;

int Columns(const Plot& plot) {
  const int panels = static_cast<int>(plot.panels.size());
  return panels <= 3 ? std::max(panels, 1) : (panels == 4 ? 2 : 3);
}

// Returns the width of the longest label of all legends, in letters.
int WidestLabel(const Plot& plot) {
  int widest = 1;
  for (const Plot::Panel& panel : plot.panels) {
    for (const Plot::Line& line : panel.lines) {
      widest = std::max(widest, DisplayWidth(LegendLabel(line, plot.y_scale)));
    }
    for (const Plot::Mark& mark : panel.marks) {
      widest = std::max(widest, DisplayWidth(mark.label));
    }
  }
  return widest;
}

// The legend of one panel.
struct Legend {
  int entries = 0;
  int rows = 0;
  int column_width = 0;
};

Legend LegendOf(const Plot& plot, const Plot::Panel& panel, int panel_width,
                int most_letters) {
  int widest = 1;
  for (const Plot::Line& line : panel.lines) {
    widest = std::max(widest, DisplayWidth(LegendLabel(line, plot.y_scale)));
  }
  for (const Plot::Mark& mark : panel.marks) {
    widest = std::max(widest, DisplayWidth(mark.label));
  }
  Legend legend;
  legend.entries = static_cast<int>(panel.lines.size() + panel.marks.size());
  legend.column_width =
      kSampleText + std::min(widest, most_letters) * kLabelLetter + kLegendGap;
  const int columns =
      std::max(1, (panel_width - kLegendLeft) / legend.column_width);
  legend.rows = (legend.entries + columns - 1) / columns;
  return legend;
}

std::vector<PlotLayout::Place> Places(const Legend& legend, int left, int top) {
  std::vector<PlotLayout::Place> places;
  for (int i = 0; i < legend.entries; ++i) {
    const int column = i / legend.rows;
    const int row = i % legend.rows;
    places.push_back({left + kLegendLeft + column * legend.column_width,
                      top - row * kLegendRow - kLegendRow / 2});
  }
  return places;
}

// Sets the texts above the panels.
void LayOutTitles(const Plot& plot, PlotLayout* layout) {
  const std::string number = absl::StrCat(" (sweep ", plot.sweep, ")");
  const int letters = layout->width / kTitleLetter - DisplayWidth(number);
  layout->title = Shortened(plot.name, letters) + number;
  layout->subtitle = BrokenText(
      plot.left_out == 0 ? plot.subtitle
                         : absl::StrCat(plot.subtitle, ", without ",
                                        CountText(plot.left_out, "more curve")),
      static_cast<int>(layout->width / kSubtitleLetter));
}

}  // namespace

PlotLayout LayOut(const Plot& plot) {
  const int panels = static_cast<int>(plot.panels.size());
  const int columns = Columns(plot);
  // A panel is as wide as its legend needs, unless that is out of proportion.
  const int panel_width = std::max(
      {kPanelWidth, kNarrowest / columns,
       kLegendLeft + kSampleText +
           std::min(WidestLabel(plot), kMostLettersOfLabel) * kLabelLetter});
  PlotLayout layout;
  layout.width = columns * panel_width;
  layout.most_letters =
      (panel_width - kLegendLeft - kSampleText) / kLabelLetter;
  layout.most_title_letters = panel_width / kPanelTitleLetter;
  LayOutTitles(plot, &layout);
  const int header =
      kHeader + kSubtitleRow * static_cast<int>(layout.subtitle.size());

  const bool titled = absl::c_any_of(plot.panels, [](const Plot::Panel& panel) {
    return !panel.title.empty();
  });
  const int above = titled ? kPanelTitle : kNoTitle;
  std::vector<Legend> legends;
  for (const Plot::Panel& panel : plot.panels) {
    legends.push_back(LegendOf(plot, panel, panel_width, layout.most_letters));
  }
  // The rows are laid out from 0 downwards, and then the whole picture is moved
  // up.
  int top = -header;
  for (int first = 0; first < panels; first += columns) {
    const int end = std::min(first + columns, panels);
    int rows = 0;
    for (int p = first; p < end; ++p) {
      const int left = (p - first) * panel_width;
      const int bottom = top - above - kAxesHeight;
      layout.axes.push_back(
          {left + kLeft, left + panel_width - kRight, bottom, top - above});
      layout.value_name.push_back({left + kNameLeft, bottom + kAxesHeight / 2});
      layout.legend.push_back(Places(legends[p], left, bottom - kBelowAxes));
      rows = std::max(rows, legends[p].rows);
    }
    top -= above + kAxesHeight + kBelowAxes + rows * kLegendRow + kBelowLegend;
  }
  layout.height = -top;
  layout.title_middle = layout.height - kTitleTop;
  for (size_t i = 0; i < layout.subtitle.size(); ++i) {
    layout.subtitle_middle.push_back(layout.height - kHeader - 4 -
                                     kSubtitleRow * static_cast<int>(i));
  }
  for (PlotLayout::Box& box : layout.axes) {
    box.bottom += layout.height;
    box.top += layout.height;
  }
  for (PlotLayout::Place& place : layout.value_name) {
    place.middle += layout.height;
  }
  for (std::vector<PlotLayout::Place>& places : layout.legend) {
    for (PlotLayout::Place& place : places) place.middle += layout.height;
  }
  return layout;
}

std::string LegendLabel(const Plot::Line& line, PlotScale scale) {
  if (HasPoint(line, scale)) return line.label;
  const auto all = [&](bool (*has)(double)) {
    return absl::c_all_of(line.curve.values, has);
  };
  const char* const why =
      !line.diverged.empty()                        ? " (diverged)"
      : all([](double v) { return std::isnan(v); }) ? " (no value)"
      : all([](double v) { return v == 0; })        ? " (0 throughout)"
      : all([](double v) { return !(v > 0); })      ? " (never above 0)"
                                                    : " (not finite)";
  return absl::StrCat(line.label, why);
}

std::vector<std::string> BrokenText(const std::string& text, int most) {
  if (DisplayWidth(text) <= most) return {text};
  const size_t comma = text.rfind(", ", static_cast<size_t>(std::max(most, 1)));
  if (comma == std::string::npos) return {Shortened(text, most)};
  return {text.substr(0, comma + 1), Shortened(text.substr(comma + 2), most)};
}

std::string Shortened(const std::string& text, int most) {
  if (DisplayWidth(text) <= most) return text;
  return absl::StrCat(CutToWidth(text, most - 1), "…");
}

}  // namespace fathom::client
