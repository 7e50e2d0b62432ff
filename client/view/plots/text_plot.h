#ifndef FATHOM_CLIENT_VIEW_PLOTS_TEXT_PLOT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_TEXT_PLOT_H_

#include <string>

#include "client/view/plots/heat.h"
#include "client/view/plots/picture.h"

// Pictures made of characters, for terminals.
namespace fathom::client {

// What a terminal can show.
struct TextStyle {
  int width = 80;        // In characters; at least 20 are taken.
  bool unicode = false;  // Braille and blocks; otherwise ASCII.
  bool colour = false;   // Escape sequences for colours.
};

// Returns the curves of a picture: a panel below the other, with a letter at
// the end of each line that its legend repeats. Crosses at the upper rim are
// trials that diverged. No line is wider than `style.width`.
std::string PlotText(const Plot& plot, const TextStyle& style);

// Returns a heat map: blocks whose colour or density says the value, or the
// values themselves where there is room. Columns that do not fit stand in a
// part of their own below. A cell in which trials diverged has a cross.
std::string HeatMapText(const Heat& heat, const TextStyle& style);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_TEXT_PLOT_H_
