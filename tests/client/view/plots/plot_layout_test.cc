#include "client/view/plots/plot_layout.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/view/plots/picture.h"
#include "gtest/gtest.h"

namespace fathom::client {
namespace {

// Expects that every sample and label of the legend has a place of its own,
// within the picture and below its axes.
void ExpectReadable(const Plot& plot) {
  const PlotLayout layout = LayOut(plot);
  std::vector<PlotLayout::Box> taken;
  for (size_t p = 0; p < plot.panels.size(); ++p) {
    const Plot::Panel& panel = plot.panels[p];
    ASSERT_EQ(layout.legend[p].size(), panel.lines.size() + panel.marks.size());
    for (size_t i = 0; i < layout.legend[p].size(); ++i) {
      const std::string label = i < panel.lines.size()
                                    ? LegendLabel(panel.lines[i], plot.y_scale)
                                    : panel.marks[i - panel.lines.size()].label;
      const PlotLayout::Place& place = layout.legend[p][i];
      // A letter takes at most eight pixels on average in any font.
      const int letters = std::min<int>(label.size(), layout.most_letters);
      taken.push_back({place.left, place.left + kSampleText + 8 * letters,
                       place.middle - 8, place.middle + 8});
      EXPECT_LT(taken.back().top, layout.axes[p].bottom) << label;
    }
    taken.push_back(layout.axes[p]);
  }
  for (size_t i = 0; i < taken.size(); ++i) {
    const PlotLayout::Box& a = taken[i];
    EXPECT_GE(a.left, 0);
    EXPECT_LE(a.right, layout.width);
    EXPECT_GE(a.bottom, 0);
    EXPECT_LE(a.top, layout.height);
    for (size_t j = 0; j < i; ++j) {
      const PlotLayout::Box& b = taken[j];
      EXPECT_TRUE(a.left >= b.right || b.left >= a.right || a.bottom >= b.top ||
                  b.bottom >= a.top)
          << i << " over " << j;
    }
  }
}

TEST(PlotLayoutTest, NoLegendIsLostHoweverManyCurvesAndPanels) {
  for (const int panels : {1, 2, 3, 4, 7, 12}) {
    for (const int lines : {1, 3, 8, 9, 17, 32}) {
      for (const int letters : {7, 25, 60, 200}) {
        SCOPED_TRACE(absl::StrCat(panels, " ", lines, " ", letters));
        Plot plot;
        plot.panels.resize(panels);
        for (int p = 0; p < panels; ++p) {
          Plot::Panel& panel = plot.panels[p];
          for (int l = 0; l < lines / (p + 1); ++l) {
            Plot::Line line{.label = std::string(letters, 'x')};
            line.curve = {.at = {0, 1}, .values = {1, 1}};
            panel.lines.push_back(line);
          }
          panel.marks.push_back({.label = std::string(letters / 2, 'y')});
        }
        ExpectReadable(plot);
      }
    }
  }
}

TEST(PlotLayoutTest, LabelsOfOrdinaryLengthAreWhole) {
  for (const int panels : {1, 3}) {
    Plot plot;
    plot.panels.resize(panels);
    for (Plot::Panel& panel : plot.panels) {
      for (int l = 0; l < 20; ++l) {
        panel.lines.push_back(
            {.label = absl::StrCat(std::string(98, 'x'), " ", 10 + l),
             .curve = {.at = {0, 1}, .values = {1, 1}}});
      }
    }
    ExpectReadable(plot);
    EXPECT_GE(LayOut(plot).most_letters, 101);
  }
}

}  // namespace
}  // namespace fathom::client
