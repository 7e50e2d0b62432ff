#include "client/view/plots/text_plot.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/view/format.h"
#include "client/view/plots/plot_axes.h"
#include "client/view/plots/plot_data.h"
#include "client/view/plots/plot_layout.h"
#include "client/view/plots/text_canvas.h"
#include "client/view/table.h"

namespace fathom::client {
namespace {

constexpr int kNarrowestPlot = 20;
constexpr int kWidestText = 160;
constexpr int kLowestPanel = 8;
constexpr int kHighestPanel = 20;
constexpr int kColumnsPerRow = 4;

std::string Padded(const std::string& text, int width) {
  return absl::StrCat(std::string(std::max(width - DisplayWidth(text), 0), ' '),
                      text);
}

// Where something lies between the ends of an axis, from 0 to 1.
double ShareOn(double at, double low, double high, bool log) {
  if (high == low) return 0.5;
  if (log)
    return (std::log(at) - std::log(low)) / (std::log(high) - std::log(low));
  return (at / 2 - low / 2) / (high / 2 - low / 2);
}

// Draws one panel.
class PanelText {
 public:
  PanelText(const Plot& plot, size_t p, const TextStyle& style)
      : plot_(plot),
        panel_(plot.panels[p]),
        style_(style),
        range_(RangeOf(plot, p)),
        value_ticks_(ValueTicksOf(plot, range_)),
        gutter_(GutterOf(value_ticks_, style.width)),
        canvas_(style.width - gutter_ - 1,
                std::clamp(style.width / kColumnsPerRow, kLowestPanel,
                           kHighestPanel),
                style.unicode),
        rows_(std::clamp(style.width / kColumnsPerRow, kLowestPanel,
                         kHighestPanel)) {}

  std::string Text() {
    for (size_t l = 0; l < panel_.lines.size(); ++l) DrawLine(l);
    for (size_t l = 0; l < panel_.lines.size(); ++l) MarkLine(l);
    std::string text;
    if (!panel_.title.empty()) {
      absl::StrAppend(&text, Shortened(Printable(panel_.title), style_.width),
                      "\n");
    }
    const std::vector<std::string> labels = RowLabels();
    const char* const axis = style_.unicode ? "│" : "|";
    for (int row = 0; row < rows_; ++row) {
      absl::StrAppend(&text, Padded(labels[row], gutter_), axis,
                      canvas_.Row(row, style_.colour), "\n");
    }
    return absl::StrCat(text, PlaceAxisText(), LegendText());
  }

 private:
  static int GutterOf(const std::vector<PlotTick>& ticks, int width) {
    int widest = 1;
    for (const PlotTick& tick : ticks) {
      widest = std::max(widest, DisplayWidth(tick.text));
    }
    return std::min(widest, width / 3);
  }

  int X(double at) const {
    const bool log = plot_.x_scale == PlotScale::kLogSteps ||
                     plot_.x_scale == PlotScale::kLog;
    return Dot(
        ShareOn(PlaceOn(at, plot_.x_scale), range_.left, range_.right, log),
        canvas_.dots_across());
  }
  int Y(double value) const {
    return Dot(ShareOn(value, range_.low, range_.high,
                       plot_.y_scale == PlotScale::kLog),
               canvas_.dots_up());
  }
  static int Dot(double share, int dots) {
    return static_cast<int>(
        std::lround(std::clamp(share, 0.0, 1.0) * (dots - 1)));
  }

  // Calls `draw` with the dots of each two neighbouring points of line `l`, or
  // twice with the same where it has a single one.
  void DrawLine(size_t l) {
    const Plot::Line& line = panel_.lines[l];
    bool any = false;
    int x = 0;
    int y = 0;
    for (size_t i = 0; i < line.curve.at.size(); ++i) {
      if (!HasPlace(line.curve.values[i], plot_.y_scale)) {
        any = any && HasSteps(plot_);
        continue;
      }
      const int next_x = X(line.curve.at[i] / line.updates_per_iteration);
      const int next_y = Y(line.curve.values[i]);
      canvas_.Line(any ? x : next_x, any ? y : next_y, next_x, next_y, l,
                   line.dashed);
      any = true;
      x = next_x;
      y = next_y;
    }
  }

  // Writes the letter of line `l` at its end, and its crosses.
  void MarkLine(size_t l) {
    const Plot::Line& line = panel_.lines[l];
    for (const double at : line.diverged) {
      // Those of the next line are a row lower.
      const int row = static_cast<int>(l) % rows_;
      canvas_.Put(X(at),
                  canvas_.dots_up() - 1 - row * canvas_.dots_up() / rows_,
                  style_.unicode ? "×" : "x", l);
    }
    for (size_t i = line.curve.at.size(); i-- > 0;) {
      if (!HasPlace(line.curve.values[i], plot_.y_scale)) continue;
      canvas_.Put(X(line.curve.at[i] / line.updates_per_iteration),
                  Y(line.curve.values[i]), LineLetter(l), l);
      return;
    }
  }

  std::vector<std::string> RowLabels() const {
    std::vector<std::string> labels(rows_);
    for (const PlotTick& tick : value_ticks_) {
      const int per_row = canvas_.dots_up() / rows_;
      const int row = rows_ - 1 - Y(tick.at) / per_row;
      labels[row] = Shortened(tick.text, gutter_);
    }
    return labels;
  }

  // Returns the axis of places with its ticks, as far as they do not touch, and
  // its name.
  std::string PlaceAxisText() const {
    const int columns = style_.width - gutter_ - 1;
    std::string axis =
        absl::StrCat(std::string(gutter_, ' '), style_.unicode ? "└" : "+");
    for (int i = 0; i < columns; ++i) axis += style_.unicode ? "─" : "-";
    std::string ticks(gutter_ + 1, ' ');
    int used = gutter_ + 1;
    const int per_column = canvas_.dots_across() / columns;
    for (const PlotTick& tick : PlaceTicksOf(plot_, range_)) {
      const std::string text = Printable(tick.text);
      const bool log = plot_.x_scale == PlotScale::kLogSteps ||
                       plot_.x_scale == PlotScale::kLog;
      const int dot = Dot(ShareOn(tick.at, range_.left, range_.right, log),
                          canvas_.dots_across());
      const int width = DisplayWidth(text);
      const int at =
          std::clamp(gutter_ + 1 + dot / per_column - width / 2, gutter_ + 1,
                     std::max(style_.width - width, gutter_ + 1));
      const bool first = used == gutter_ + 1;
      if ((!first && at <= used) || at + width > style_.width) continue;
      absl::StrAppend(&ticks, std::string(at - used, ' '), text);
      used = at + width;
    }
    return absl::StrCat(axis, "\n", ticks, "\n",
                        Shortened(absl::StrCat(std::string(gutter_ + 1, ' '),
                                               Printable(plot_.x_label)),
                                  style_.width),
                        "\n");
  }

  std::string LegendText() const {
    std::string text;
    for (size_t l = 0; l < panel_.lines.size(); ++l) {
      const std::string letter = LineLetter(l);
      absl::StrAppend(
          &text, style_.colour ? InLineColour(letter, l) : letter, " ",
          Shortened(Printable(LegendLabel(panel_.lines[l], plot_.y_scale)),
                    style_.width - 2),
          "\n");
    }
    if (!panel_.marks.empty()) {
      absl::StrAppend(&text, "and ", CountText(panel_.marks.size(), "curve"),
                      " of an overlay, which only files show\n");
    }
    return text;
  }

  const Plot& plot_;
  const Plot::Panel& panel_;
  const TextStyle& style_;
  const PlotRange range_;
  const std::vector<PlotTick> value_ticks_;
  const int gutter_;
  TextCanvas canvas_;
  const int rows_;
};

std::string TitleText(const std::string& name, int64_t sweep,
                      const std::string& what, int width) {
  return WrapLines(
      absl::StrCat(Printable(name), " (sweep ", sweep, ")\n", what, "\n"),
      width);
}

TextStyle Usable(TextStyle style) {
  style.width = std::clamp(style.width, kNarrowestPlot, kWidestText);
  return style;
}

}  // namespace

std::string PlotText(const Plot& plot, const TextStyle& asked) {
  const TextStyle style = Usable(asked);
  std::string text = TitleText(
      plot.name, plot.sweep,
      absl::StrCat(Printable(plot.subtitle),
                   plot.left_out == 0
                       ? ""
                       : absl::StrCat(", without ",
                                      CountText(plot.left_out, "more curve"))),
      style.width);
  for (size_t p = 0; p < plot.panels.size(); ++p) {
    absl::StrAppend(&text, p == 0 ? "" : "\n",
                    Shortened(Printable(plot.y_label), style.width), "\n",
                    PanelText(plot, p, style).Text());
  }
  return text;
}

}  // namespace fathom::client
