#ifndef FATHOM_CLIENT_VIEW_PLOTS_PICTURE_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PICTURE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/analysis.h"
#include "client/analysis/curves.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// The meaning of the bands of a picture.
enum class BandKind { kNone, kRange, kQuartiles, kStandardError };

// How numbers have their places on an axis.
enum class PlotScale {
  kLogSteps,     // Logarithmic in step + 1, because log(0) has no place.
  kLinearSteps,  // From 0 on.
  kLog,
  kLinear,
  kWords,  // The n-th word at n.
};

// What of a picture can be chosen. What is not chosen follows from the sweep.
struct PlotChoice {
  std::vector<std::string> panels = {};  // Axes in `by` that tell panels apart.
  std::optional<BandKind> band = {};
  std::optional<bool> log_x = {};
  std::optional<bool> log_y = {};
};

// A picture of curves, independent of any plotting program.
struct Plot {
  // Values of axes by their full path, such as "model.depth".
  using Settings = std::map<std::string, v1::Value>;

  // The range of the repetitions behind a mean, at each step of the mean.
  struct Band {
    std::vector<double> low = {};
    std::vector<double> high = {};
  };
  // Values by their places on the other axis: steps, or values of an axis of
  // the sweep.
  struct Points {
    std::vector<double> at = {};  // Ascending.
    std::vector<double> values = {};
  };
  struct Line {
    std::string name = {};   // Such as "depth 2".
    std::string label = {};  // "depth 2, learning rate 0.01".
    Settings settings = {};  // Of all axes in `by`.
    Points curve = {};
    Band band = {};                     // Empty for a single trial.
    std::vector<double> diverged = {};  // Places with a cross at the rim.
    // Lines of the same colour differ in being dashed. Unset for a colour of
    // its own.
    std::optional<size_t> colour = {};
    bool dashed = false;
    std::optional<double> crossing = {};  // Step to mark on the reference.
    double updates_per_iteration = 1;     // Steps are divided by this.
  };
  // A curve from elsewhere.
  struct Mark {
    std::string label = {};
    std::optional<size_t> line = {};  // Line of the panel with its colour.
    std::vector<double> steps = {};
    std::vector<double> values = {};
  };
  struct Panel {
    std::string title = {};
    Settings settings = {};  // Shared by all lines.
    std::vector<Line> lines = {};
    std::vector<Mark> marks = {};
    std::optional<double> reference = {};  // Height of a horizontal line.
    double reference_step = 0;             // Where the shallowest gets to it.
  };

  std::string name = {};      // Name of the sweep.
  int64_t sweep = 0;          // Number of the sweep.
  std::string subtitle = {};  // Says what is shown.
  std::string x_label = {};
  std::string y_label = {};
  PlotScale x_scale = PlotScale::kLogSteps;
  PlotScale y_scale = PlotScale::kLog;    // Or kLinear.
  std::vector<std::string> x_words = {};  // Of kWords.
  std::vector<std::string> by = {};       // Axes of the lines' settings.
  std::vector<Panel> panels = {};
  int left_out = 0;  // Curves that do not fit the picture.
};

// Returns the curves of the best trials: a line per depth (or per value of the
// last axis in `by`), and a panel per group of the other axes, unless
// `choice.panels` says which axes have panels. An axis in `by`
// that moves together with the axis of the lines tells lines apart as well, for
// example adam on depth 1 from gd on depth 3. The steps are spaced as they were
// recorded (record.spacing), and values are logarithmic, unless `choice` says
// something else. Where depths are compared, the reference is the
// goal that the shallowest depth reaches, and the crossings are where the
// deeper ones get there; each panel shows the first such comparison. Without
// any curve there are no panels.
//
// A line that is a mean has a band between the quartiles of the repetitions, or
// from the least to the largest value where some line has fewer than five
// repetitions. The subtitle says which.
Plot MakePlot(const v1::Sweep& sweep, const SweepAnalysis& analysis,
              const PlotChoice& choice = {});

// Leaves lines and panels out that do not fit a picture, and counts their
// curves.
void CutPlot(size_t most_lines, Plot* plot);

// Returns the points of a curve of steps.
Plot::Points PointsOf(const Curve& curve);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PICTURE_H_
