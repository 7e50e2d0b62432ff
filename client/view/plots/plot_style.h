#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_STYLE_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_STYLE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "client/view/plots/picture.h"

namespace fathom::client {

enum class PictureFormat { kSvg, kPng, kPdf };

// Returns the ending of files of this format, without the dot: "svg".
const char* PictureEnding(PictureFormat format);

// Returns the format of a file by the ending of its name, or nothing.
std::optional<PictureFormat> PictureFormatOf(const std::string& path);

// The largest number of panels of a picture. The subtitle tells what is left
// out.
inline constexpr size_t kMostPanels = 12;

// These functions return, as gnuplot commands, the style that all pictures
// share.

// Returns the colour of line `index` of `count`. The colours are ordered, and
// can be told apart in every form of colour blindness and in grey.
std::string LineColour(size_t index, size_t count);

// Returns the colour of line `l` of the panel: that of its index, or of the
// index that the line names.
std::string ColourOfLine(const Plot::Panel& panel, size_t l);

// Returns the commands that open a picture of this size in pixels. A png has
// twice the resolution, and a pdf a point per pixel.
std::string PlotTerminal(PictureFormat format, int width, int height);

// Returns the commands for borders, grid and ticks, without a legend.
std::string PlotStyle();

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_STYLE_H_
