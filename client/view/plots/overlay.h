#ifndef FATHOM_CLIENT_VIEW_PLOTS_OVERLAY_H_
#define FATHOM_CLIENT_VIEW_PLOTS_OVERLAY_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/view/plots/picture.h"
#include "fathom/v1/sweep.pb.h"

namespace fathom::client {

// Values from elsewhere, such as those read off a published figure.
struct OverlayCurve {
  std::string name = {};
  // Values of axes, by full path: the curve goes with the lines that agree.
  std::map<std::string, v1::Value> settings = {};
  double updates_per_iteration = 1;     // > 0.
  double offset = 0;                    // To add to the values.
  std::vector<double> iterations = {};  // >= 0, as published.
  std::vector<double> values = {};      // One for each.
};

struct Overlay {
  std::string source = {};  // Where it was read: a path.
  std::vector<OverlayCurve> curves = {};
};

// Lays the curves over the lines of `plot` as marks.
//
// A curve is in every panel that its settings do not exclude. There it has the
// colour of the line that agrees in all of its settings; a curve that goes with
// no line or with several has a colour of its own.
//
// The step axis becomes that of the published iterations: the steps of a line
// are divided by the updates per iteration of its curve. A line without a curve
// takes the least of all curves. `updates_per_iteration`, if set, is in place
// of what the curves say. Where anything is divided, the marks of what depth
// saved go: they count steps.
//
// INVALID_ARGUMENT when a setting is no axis by which the plot is grouped.
absl::Status AddOverlay(const Overlay& overlay,
                        std::optional<double> updates_per_iteration,
                        Plot* plot);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_OVERLAY_H_
