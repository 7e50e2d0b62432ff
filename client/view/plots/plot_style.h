#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_STYLE_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_STYLE_H_

#include <cstddef>
#include <string>

namespace fathom::client {

enum class PictureFormat { kSvg, kPng };

// Most panels of a picture; what is left out is said.
inline constexpr size_t kMostPanels = 12;

// What all pictures look alike in, as commands of gnuplot.

// Returns the colour of line `index` of `count`: ordered, and told apart in
// every form of colour blindness and in grey.
std::string LineColour(size_t index, size_t count);

// Opens a picture of so many pixels; a png is twice as fine.
std::string PlotTerminal(PictureFormat format, int width, int height);

// Borders, grid and ticks, without a legend.
std::string PlotStyle();

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_STYLE_H_
