#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/analysis.h"
#include "client/view/plots/overlay.h"
#include "client/view/plots/picture.h"
#include "client/view/plots/picture_set.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// What the pictures of a summary show beside the curves of the sweep.
struct SummaryPictureOptions {
  PlotChoice choice = {};
  std::optional<Overlay> overlay = {};
  std::optional<double> updates_per_iteration = {};  // See AddOverlay().
  bool curves_alone = false;
};

// Where pictures go.
struct PictureOptions {
  std::string folder = {};  // If empty, the current folder.
  // If set, the first picture alone goes into this file, and its ending, which
  // must be one of a PictureFormat, is the format.
  std::string file = {};
  // Tells the pictures of several ledgers apart; empty for the default ledger.
  std::string ledger = {};
  // What the caller knows of how the pictures came about: an object, whose
  // fields are in the text of each picture.
  nlohmann::ordered_json origin = nlohmann::ordered_json::object();
};

// Returns the pictures of a summary: its curves; where depths race, their
// speed-ups by goal; and where a sweep has a regularizer, what its batch loss
// is made of.
//
// FAILED_PRECONDITION when there is no curve to draw, and INVALID_ARGUMENT when
// the overlay does not fit the sweep.
absl::StatusOr<PictureSet> PicturesOfSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const SummaryPictureOptions& options);

// Draws pictures with gnuplot as `folder`/NAME-ID.svg and .png, or
// LEDGER-NAME-ID when `ledger` is set; those of other kinds than "curves" as
// NAME-ID-KIND. Returns the paths. A picture is replaced only when the new one
// is complete, and carries the text of OriginText().
//
// Errors are FAILED_PRECONDITION when gnuplot is not on the PATH, with the
// package to install; RESOURCE_EXHAUSTED when gnuplot could not write all of a
// picture; and INTERNAL with the words of gnuplot when it fails, or for errors
// of the file system.
absl::StatusOr<std::vector<std::string>> DrawPictures(
    const PictureSet& set, const PictureOptions& options);

// Draws the pictures of a summary.
absl::StatusOr<std::vector<std::string>> DrawSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const PictureOptions& options);

// Returns the pictures of a summary as svg documents, and keeps no file.
absl::StatusOr<std::vector<std::string>> SvgsOfSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_
