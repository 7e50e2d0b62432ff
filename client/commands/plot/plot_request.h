#ifndef FATHOM_CLIENT_COMMANDS_PLOT_PLOT_REQUEST_H_
#define FATHOM_CLIENT_COMMANDS_PLOT_PLOT_REQUEST_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/cells.h"
#include "client/analysis/trial_filter.h"
#include "client/connection.h"
#include "client/view/plots/picture.h"
#include "client/view/plots/picture_set.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// What `fathom plot` is asked to show, as its options say it. Every picture
// carries it, so that the picture can be drawn again.
struct PlotRequest {
  std::string x = {};
  std::string y = {};
  std::string value = {};
  std::vector<std::string> by = {};
  std::vector<std::string> panel = {};
  std::vector<std::string> best = {};
  std::vector<std::string> average = {};
  std::vector<std::string> heat = {};
  std::vector<std::string> where = {};    // See ReadWhere().
  std::vector<std::string> compare = {};  // A sweep, or conditions.
  std::string band = {};
  std::string log = {};
  std::string overlay = {};
  std::optional<double> updates_per_iteration = {};
};

// One side of a comparison.
struct PlotSide {
  std::string name = {};
  CellTable cells = {};
};

// A sweep with all that its pictures show.
struct PlotMaterial {
  v1::Sweep sweep = {};
  PictureSet pictures = {};
  std::vector<PlotSide> compared = {};  // Two, or none.
};

// Reads what the request is about. `curves_alone` leaves the other pictures of
// a summary out. Errors are those of FindSweepFor, AnalyzeSweep and of the
// overlay, and INVALID_ARGUMENT for what the request cannot mean.
absl::StatusOr<PlotMaterial> LoadPlot(Connection& connection,
                                      const std::string& sweep,
                                      const PlotRequest& request,
                                      bool curves_alone);

// Returns the options that are not the default, as people type them:
// " --by depth --y loss".
std::string OptionsText(const PlotRequest& request);

nlohmann::ordered_json RequestJson(const PlotRequest& request);
// INVALID_ARGUMENT when `json` is no request.
absl::StatusOr<PlotRequest> ReadRequest(const nlohmann::ordered_json& json);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_COMMANDS_PLOT_PLOT_REQUEST_H_
