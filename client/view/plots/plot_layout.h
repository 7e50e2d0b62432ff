#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_LAYOUT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_LAYOUT_H_

#include <string>
#include <vector>

#include "client/view/plots/picture.h"

namespace fathom::client {

// Where everything is in a picture, in pixels from its lower left corner. The
// plotting program gets these places instead of choosing its own, so that no
// legend covers another one or leaves the picture.
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
  int title_middle = 0;                    // Height of its middle.
  std::vector<std::string> subtitle = {};  // One or two lines, cut.
  std::vector<int> subtitle_middle = {};
  std::vector<Box> axes = {};          // By panel: inside the axes.
  std::vector<Place> value_name = {};  // By panel: middle of its text.
  // By panel: where the samples of its legend begin, those of lines before
  // those of marks.
  std::vector<std::vector<Place>> legend = {};
  int most_letters = 0;        // Longer labels in legends are cut.
  int most_title_letters = 0;  // Longer panel titles are cut.
};

// Length of the sample of a line in the legend, and distance from its beginning
// to the text, in pixels.
inline constexpr int kSampleLength = 24;
inline constexpr int kSampleText = 34;

// Lays out a picture with up to three panels in a row. Below each panel is a
// legend with as many columns as its widest label allows and as many rows as it
// needs. Panels are wide enough for labels of up to 110 letters. The axes of
// all panels in a row have the same height.
PlotLayout LayOut(const Plot& plot);

// Returns the label of a line in the legend, with the reason when the line is
// not drawn because no value has a place on the axis.
std::string LegendLabel(const Plot::Line& line, PlotScale scale);

// Breaks a text of more than `most` characters once, after a comma, and cuts
// what is too long still.
std::vector<std::string> BrokenText(const std::string& text, int most);

// Returns `text`, cut after at most `most` characters.
std::string Shortened(const std::string& text, int most);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_LAYOUT_H_
