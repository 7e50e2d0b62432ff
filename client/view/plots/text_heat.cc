#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/plots/plot_layout.h"
#include "client/view/plots/text_plot.h"
#include "client/view/table.h"

namespace fathom::client {
namespace {

constexpr int kNarrowestMap = 20;
constexpr int kWidestMap = 160;
constexpr int kWidestTextCell = 10;
constexpr int kLeastForNumbers = 7;  // Width of a cell with its number.
constexpr size_t kSteps = 5;         // Of the scale below.

// Returns the nearest of the 6 x 6 x 6 colours that terminals have.
int TerminalColour(const std::string& rgb) {
  uint32_t number = 0;
  if (!absl::SimpleHexAtoi(rgb.substr(1), &number)) return 0;
  int code = 16;
  for (const int shift : {16, 8, 0}) {
    const int part = static_cast<int>(number >> shift & 0xFF);
    // The levels are 0 and 95, 135, ..., 255.
    const int level = part < 48 ? 0 : std::clamp((part - 35) / 40, 1, 5);
    code += level * (shift == 16 ? 36 : shift == 8 ? 6 : 1);
  }
  return code;
}

// Returns `text` on a background of the colour of a value.
std::string OnColour(const std::string& text, const Heat& heat,
                     const Heat::Cell& cell) {
  const bool has = cell.value.has_value();
  const bool dark = has && HeatShare(heat, *cell.value) < 0.6;
  return absl::StrCat(
      "\x1b[", dark ? "97" : "30", ";48;5;",
      TerminalColour(has ? HeatColour(heat, *cell.value) : kNoHeat), "m", text,
      "\x1b[0m");
}

// Returns the character whose density stands for a value.
std::string Density(const Heat& heat, double value, bool unicode) {
  static constexpr const char* kBlocks[] = {"█", "▓", "▒", "░", "·"};
  static constexpr const char* kLetters[] = {"@", "#", "+", "-", "."};
  const auto level = static_cast<size_t>(
      std::lround(HeatShare(heat, value) * (std::size(kBlocks) - 1)));
  return unicode ? kBlocks[level] : kLetters[level];
}

std::string Repeated(const std::string& character, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += character;
  return text;
}

class HeatMap {
 public:
  HeatMap(const Heat& heat, const TextStyle& style)
      : heat_(heat), style_(style) {
    for (const std::string& text : heat.up) {
      gutter_ = std::max(gutter_, DisplayWidth(Printable(text)));
    }
    gutter_ = std::min(gutter_, style.width / 3);
    const int room = style.width - gutter_ - 1;
    const int across = static_cast<int>(heat.across.size());
    width_ = std::clamp(room / across, 1, kWidestTextCell);
    numbers_ = width_ >= kLeastForNumbers;
    per_part_ = std::max(room / width_, 1);
  }

  std::string Text() const {
    std::string text;
    const int across = static_cast<int>(heat_.across.size());
    for (int first = 0; first < across; first += per_part_) {
      const int end = std::min(first + per_part_, across);
      if (first > 0) text += "\n";
      absl::StrAppend(&text, Part(first, end));
    }
    return text;
  }

 private:
  // Returns the columns from `first` to `end` - 1, the last row on top.
  std::string Part(int first, int end) const {
    std::string text;
    for (int y = static_cast<int>(heat_.up.size()); y-- > 0;) {
      const std::string name =
          Shortened(Printable(heat_.up[static_cast<size_t>(y)]), gutter_);
      absl::StrAppend(
          &text, std::string(std::max(gutter_ - DisplayWidth(name), 0), ' '),
          name, " ");
      for (int x = first; x < end; ++x) absl::StrAppend(&text, CellText(x, y));
      text += "\n";
    }
    return absl::StrCat(text, NamesAcross(first, end));
  }

  std::string CellText(int x, int y) const {
    for (const Heat::Cell& cell : heat_.cells) {
      if (cell.x != static_cast<size_t>(x) ||
          cell.y != static_cast<size_t>(y)) {
        continue;
      }
      const std::string text = Inside(cell);
      return style_.colour ? OnColour(text, heat_, cell) : text;
    }
    return std::string(width_, ' ');
  }

  // Returns what a cell shows, as wide as the cell.
  std::string Inside(const Heat::Cell& cell) const {
    const std::string cross = style_.unicode ? "×" : "x";
    const bool diverged = cell.diverged > 0 && !heat_.is_share;
    if (numbers_) {
      std::string text = HeatText(heat_, cell);
      if (cell.value.has_value() && diverged) text += cross;
      text = Shortened(text, width_ - 1);
      return absl::StrCat(
          std::string(std::max(width_ - 1 - DisplayWidth(text), 0), ' '), text,
          " ");
    }
    if (!cell.value.has_value()) {
      return Repeated(diverged ? cross : (style_.unicode ? " " : "?"), width_);
    }
    const std::string fill =
        style_.colour ? " " : Density(heat_, *cell.value, style_.unicode);
    return diverged ? absl::StrCat(Repeated(fill, width_ - 1), cross)
                    : Repeated(fill, width_);
  }

  // Returns the values below the columns, as far as they have room, and the
  // name of the axis.
  std::string NamesAcross(int first, int end) const {
    std::string text(gutter_ + 1, ' ');
    int used = gutter_ + 1;
    for (int x = first; x < end; ++x) {
      const std::string name = Printable(heat_.across[static_cast<size_t>(x)]);
      const int at = gutter_ + 1 + (x - first) * width_;
      const int width = DisplayWidth(name);
      if (at < used || at + width > style_.width) continue;
      absl::StrAppend(&text, std::string(at - used, ' '), name, " ");
      used = at + width + 1;
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return absl::StrCat(text, "\n");
  }

  const Heat& heat_;
  const TextStyle& style_;
  int gutter_ = 1;
  int width_ = 1;
  int per_part_ = 1;
  bool numbers_ = false;
};

// Returns what the colours or densities stand for.
std::string ScaleText(const Heat& heat, const TextStyle& style) {
  std::vector<std::string> parts;
  for (const double value : HeatScale(heat, kSteps)) {
    const Heat::Cell cell = {.value = value};
    const std::string sample = style.colour
                                   ? OnColour("  ", heat, cell)
                                   : Density(heat, value, style.unicode);
    parts.push_back(absl::StrCat(sample, " ", HeatNumber(heat, value)));
  }
  return parts.empty() ? "" : absl::StrCat(absl::StrJoin(parts, "  "), "\n");
}

}  // namespace

std::string HeatMapText(const Heat& heat, const TextStyle& asked) {
  TextStyle style = asked;
  style.width = std::clamp(style.width, kNarrowestMap, kWidestMap);
  const std::string scale = ScaleText(heat, style);
  return absl::StrCat(
      WrapLines(absl::StrCat(Printable(heat.name), " (sweep ", heat.sweep,
                             ")\n", Printable(heat.subtitle), "\n",
                             Printable(heat.y_label), " upwards, ",
                             Printable(heat.x_label), " to the right\n"),
                style.width),
      HeatMap(heat, style).Text(),
      // Escape sequences have no width.
      style.colour ? scale : WrapLines(scale, style.width),
      heat.is_share ? ""
                    : WrapLines(absl::StrCat(style.unicode ? "×" : "x",
                                             ": trials of the cell diverged\n"),
                                style.width));
}

}  // namespace fathom::client
