#ifndef FATHOM_CLIENT_VIEW_PLOTS_PICTURE_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PICTURE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/analysis.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// A picture of curves, before any plotting program. The value axis is
// logarithmic.
struct Plot {
  // Values of axes by full path, such as "model.depth".
  using Settings = std::map<std::string, v1::Value>;

  // Between which values the repetitions behind a mean are, at each of its
  // steps.
  struct Band {
    std::vector<double> low = {};
    std::vector<double> high = {};
  };
  struct Line {
    std::string name = {};   // "depth 2".
    std::string label = {};  // "depth 2, learning rate 0.01".
    Settings settings = {};  // Of all axes in `by`.
    Curve curve = {};
    Band band = {};                       // Empty for a single trial.
    std::optional<double> crossing = {};  // Step to mark on the reference.
    double updates_per_iteration = 1;     // Its steps are divided by this.
  };
  // Values from elsewhere.
  struct Mark {
    std::string label = {};
    std::optional<size_t> line = {};  // Of the panel, that has its colour.
    std::vector<double> steps = {};
    std::vector<double> values = {};
  };
  struct Panel {
    std::string title = {};
    Settings settings = {};  // That all of its lines share.
    std::vector<Line> lines = {};
    std::vector<Mark> marks = {};
    std::optional<double> reference = {};  // Value of a horizontal line,
    double reference_step = 0;             // which the shallowest gets to here.
  };

  std::string name = {};      // Of the sweep.
  int64_t sweep = 0;          // Its number.
  std::string subtitle = {};  // What is shown.
  std::string x_label = {};
  std::string y_label = {};
  bool linear_steps = false;         // Else the step axis is logarithmic, too.
  std::vector<std::string> by = {};  // Axes of the lines' settings.
  std::vector<Panel> panels = {};
  int left_out = 0;  // Curves beyond those that fit the picture.
};

// Returns the curves of the best trials: a line per depth (or per value of the
// last axis in `by`), a panel per group of the other axes. Axes in `by` that
// move together with that of the lines make lines as well: adam on depth 1
// beside gd on depth 3. The steps are spaced as they were recorded
// (record.spacing). Where depths are compared, the reference is what the
// shallowest reaches and the crossings are where the deeper ones get there, the
// first such comparison in each panel. Without any curve there are no panels.
//
// Where a line is a mean it has a band: the quartiles of the repetitions, or
// from the least to the largest where some line has fewer than five. The
// subtitle says which.
Plot MakePlot(const v1::Sweep& sweep, const SweepAnalysis& analysis);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PICTURE_H_
