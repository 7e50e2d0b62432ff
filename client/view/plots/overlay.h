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

// A curve from elsewhere, for example one that was read off a published figure.
struct OverlayCurve {
  std::string name = {};
  // Values of axes by full path. The curve belongs to the lines that agree in
  // these values.
  std::map<std::string, v1::Value> settings = {};
  double updates_per_iteration = 1;     // Positive.
  double offset = 0;                    // Added to the values.
  std::vector<double> iterations = {};  // As published; not negative.
  std::vector<double> values = {};      // One per iteration.
};

// Curves from elsewhere, with their source.
struct Overlay {
  std::string source = {};  // The path that it was read from.
  std::vector<OverlayCurve> curves = {};
};

// Lays the curves of `overlay` over the lines of `plot` as marks.
//
// A curve is in every panel that its settings do not exclude. There it has the
// colour of the line that agrees in all of its settings. A curve that agrees
// with no line, or with several, has a colour of its own.
//
// The step axis becomes an axis of published iterations: the steps of a line
// are divided by the updates per iteration of its curve, and those of a line
// without a curve by the least updates per iteration of all curves.
// `updates_per_iteration`, if set, replaces what the curves say. Where anything
// is divided, the marks of what depth saved are removed, because they count
// steps.
//
// INVALID_ARGUMENT when a setting is of an axis by which the plot is not
// grouped.
absl::Status AddOverlay(const Overlay& overlay,
                        std::optional<double> updates_per_iteration,
                        Plot* plot);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_OVERLAY_H_
