#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_LAYOUT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_LAYOUT_H_

#include <string>
#include <vector>

#include "client/view/plots/picture.h"

namespace fathom::client {

// Where everything is in a picture, in pixels from its lower left corner. The
// plotting program gets places instead of choosing them, so that no legend lies
// over another one or beyond the edge.
struct PlotLayout {
  struct Box {
    int left = 0;
    int right = 0;
    int bottom = 0;
    int top = 0;
  };
  struct Place {
    int left = 0;
    int middle = 0;
  };

  int width = 0;
  int height = 0;
  std::string title = {};                  // Cut to the width.
  int title_middle = 0;                    // Its height above the bottom.
  std::vector<std::string> subtitle = {};  // One or two lines, cut.
  std::vector<int> subtitle_middle = {};
  std::vector<Box> axes = {};          // Per panel: what the axes enclose.
  std::vector<Place> value_name = {};  // Per panel: middle of its text.
  // Per panel: where the samples of its legend begin, lines first, then marks.
  std::vector<std::vector<Place>> legend = {};
  int most_letters = 0;        // Of a label in the legend; longer ones are cut.
  int most_title_letters = 0;  // Of the title of a panel, likewise.
};

// Length of the sample of a line in the legend, and where its text begins.
inline constexpr int kSampleLength = 24;
inline constexpr int kSampleText = 34;

// Lays out a picture: up to three panels in a row, below each of them a legend
// with as many columns as its widest label allows and as many rows as it needs.
// Panels of one row have axes of one height.
PlotLayout LayOut(const Plot& plot);

// Returns what the legend calls a line: its label, and why it is not drawn when
// it has no value above 0.
std::string LegendLabel(const Plot::Line& line);

// Returns `text`, cut after `most` characters.
std::string Shortened(const std::string& text, int most);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_LAYOUT_H_
