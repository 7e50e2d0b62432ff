#include "client/view/plots/text_canvas.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace fathom::client {
namespace {

// Dots of a dash and of the gap behind it.
constexpr int kDash = 4;
constexpr int kDashGap = 3;

// The bit of each braille dot, by its column and its row from the top.
constexpr uint8_t kBrailleBits[2][4] = {{0x01, 0x02, 0x04, 0x40},
                                        {0x08, 0x10, 0x20, 0x80}};

// Returns the pattern of braille dots U+2800 + dots in UTF-8.
std::string Braille(uint8_t dots) {
  return {'\xE2', static_cast<char>(0xA0 | (dots >> 6)),
          static_cast<char>(0x80 | (dots & 0x3F))};
}

// The colours that terminals have by name, so that they fit the theme, without
// black and white, and red last.
int ColourCode(size_t line) {
  static constexpr int kCodes[] = {36, 33, 35, 32, 34, 96, 93, 95, 92, 94, 31};
  return kCodes[line % std::size(kCodes)];
}

}  // namespace

TextCanvas::TextCanvas(int columns, int rows, bool unicode)
    : columns_(std::max(columns, 1)),
      rows_(std::max(rows, 1)),
      unicode_(unicode),
      places_(static_cast<size_t>(columns_) * static_cast<size_t>(rows_)) {}

TextCanvas::Place* TextCanvas::At(int x, int y) {
  if (x < 0 || y < 0 || x >= dots_across() || y >= dots_up()) return nullptr;
  const int column = unicode_ ? x / 2 : x;
  const int row = rows_ - 1 - (unicode_ ? y / 4 : y);
  return &places_[static_cast<size_t>(row * columns_ + column)];
}

void TextCanvas::Dot(int x, int y, size_t line) {
  Place* const place = At(x, y);
  if (place == nullptr) return;
  place->dots |= unicode_ ? kBrailleBits[x % 2][3 - y % 4] : uint8_t{1};
  place->line = line;
}

void TextCanvas::Put(int x, int y, const std::string& character, size_t line) {
  Place* const place = At(x, y);
  if (place == nullptr) return;
  place->character = character;
  place->line = line;
}

void TextCanvas::Line(int x0, int y0, int x1, int y1, size_t line,
                      bool dashed) {
  // The line of Bresenham. Ends far outside would take long.
  const auto near = [](int at, int most) {
    return std::clamp(at, -most, 2 * most);
  };
  x0 = near(x0, dots_across());
  x1 = near(x1, dots_across());
  y0 = near(y0, dots_up());
  y1 = near(y1, dots_up());
  const int dx = std::abs(x1 - x0);
  const int dy = -std::abs(y1 - y0);
  const int step_x = x0 < x1 ? 1 : -1;
  const int step_y = y0 < y1 ? 1 : -1;
  int error = dx + dy;
  for (;;) {
    // Gaps go by the place, so that they do not depend on where points lie.
    if (!dashed ||
        (x0 + y0 + (dots_up() - y0) * 2) % (kDash + kDashGap) < kDash) {
      Dot(x0, y0, line);
    }
    if (x0 == x1 && y0 == y1) return;
    const int twice = 2 * error;
    if (twice >= dy) {
      error += dy;
      x0 += step_x;
    }
    if (twice <= dx) {
      error += dx;
      y0 += step_y;
    }
  }
}

std::string TextCanvas::Row(int row, bool colour) const {
  std::string text;
  std::string spaces;
  for (int column = 0; column < columns_; ++column) {
    const Place& place = places_[static_cast<size_t>(row * columns_ + column)];
    if (place.dots == 0 && place.character.empty()) {
      spaces += ' ';
      continue;
    }
    const std::string character = !place.character.empty() ? place.character
                                  : unicode_               ? Braille(place.dots)
                                             : LineLetter(place.line);
    absl::StrAppend(&text, spaces,
                    colour ? InLineColour(character, place.line) : character);
    spaces.clear();
  }
  return text;
}

std::string LineLetter(size_t line) {
  constexpr size_t kLetters = 26;
  if (line < kLetters) return {static_cast<char>('a' + line)};
  if (line < 2 * kLetters) {
    return {static_cast<char>('A' + (line - kLetters))};
  }
  return "?";
}

std::string InLineColour(const std::string& text, size_t line) {
  return absl::StrCat("\x1b[", ColourCode(line), "m", text, "\x1b[0m");
}

}  // namespace fathom::client
