#ifndef FATHOM_CLIENT_VIEW_PLOTS_TEXT_CANVAS_H_
#define FATHOM_CLIENT_VIEW_PLOTS_TEXT_CANVAS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fathom::client {

// The lines of a picture in characters. In Unicode each character is a pattern
// of 2 x 4 braille dots; in ASCII each dot is a character of its own.
//
// Not thread-safe.
class TextCanvas {
 public:
  // Takes the size in characters, both positive.
  TextCanvas(int columns, int rows, bool unicode);

  // Returns the number of dots from left to right, and from bottom to top.
  int dots_across() const { return unicode_ ? 2 * columns_ : columns_; }
  int dots_up() const { return unicode_ ? 4 * rows_ : rows_; }

  // Draws a line between two dots, of which (0, 0) is the lower left one, in
  // the colour of line number `line`. What lies outside is cut off. A dashed
  // line has gaps.
  void Line(int x0, int y0, int x1, int y1, size_t line, bool dashed);
  // Sets one character at the place of a dot. It hides what is below.
  void Put(int x, int y, const std::string& character, size_t line);

  // Returns row `row` from the top, without spaces at its end.
  std::string Row(int row, bool colour) const;

 private:
  struct Place {
    uint8_t dots = 0;
    std::string character = {};  // Empty for dots.
    size_t line = 0;
  };

  void Dot(int x, int y, size_t line);
  Place* At(int x, int y);

  const int columns_;
  const int rows_;
  const bool unicode_;
  std::vector<Place> places_;
};

// Returns the letter of line number `line`: "a" to "z", "A" to "Z", then "?".
std::string LineLetter(size_t line);

// Returns `text` in the colour of line number `line`.
std::string InLineColour(const std::string& text, size_t line);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_TEXT_CANVAS_H_
