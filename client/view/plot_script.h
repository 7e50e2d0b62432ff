#ifndef FATHOM_CLIENT_VIEW_PLOT_SCRIPT_H_
#define FATHOM_CLIENT_VIEW_PLOT_SCRIPT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/view/summary.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom {

// A picture of curves on logarithmic axes, before any plotting program.
struct Plot {
  struct Line {
    std::string name = {};   // "depth 2".
    std::string label = {};  // "depth 2, learning rate 0.01".
    Curve curve = {};
    std::optional<double> crossing = {};  // Step to mark on the reference.
  };
  struct Panel {
    std::string title = {};
    std::vector<Line> lines = {};
    std::optional<double> reference = {};  // Value of a horizontal line,
    double reference_step = 0;             // which the shallowest gets to here.
  };

  std::string name = {};      // Of the sweep.
  int64_t sweep = 0;          // Its number.
  std::string subtitle = {};  // What is shown.
  std::string y_label = {};
  std::vector<Panel> panels = {};
  int left_out = 0;  // Panels beyond those that fit a picture.
};

// Returns the curves of the best trials: a line per depth (or per value of the
// last axis in `by`), a panel per group of the other axes. Where depths are
// compared, the reference is what the shallowest reaches and the crossings are
// where the deeper ones get there. Without any curve there are no panels.
Plot MakePlot(const v1::Sweep& sweep, const SweepSummary& summary);

// Returns a gnuplot 5 script that draws the plot into `output`.
enum class PictureFormat { kSvg, kPng };
std::string PlotScript(const Plot& plot, PictureFormat format,
                       const std::string& output);

// Returns `text` as a gnuplot string literal.
std::string GnuplotString(const std::string& text);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_PLOT_SCRIPT_H_
