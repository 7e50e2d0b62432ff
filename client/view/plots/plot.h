#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/analysis.h"
#include "client/view/plots/overlay.h"
#include "client/view/plots/picture.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Where pictures go, and what they show beside the curves of the sweep.
struct PictureOptions {
  std::string folder = {};  // If empty, the current folder.
  // If set, the curves alone go into this file, and its ending, which must be
  // one of a PictureFormat, is the format.
  std::string file = {};
  // Tells the pictures of several ledgers apart; empty for the default ledger.
  std::string ledger = {};
  PlotChoice choice = {};
  std::optional<Overlay> overlay = {};
  std::optional<double> updates_per_iteration = {};  // See AddOverlay().
  // What the caller knows of how the pictures came about: an object, whose
  // fields are in the text of each picture.
  nlohmann::ordered_json origin = nlohmann::ordered_json::object();
};

// Draws the curves of a summary with gnuplot as `folder`/NAME-ID.svg and .png,
// or LEDGER-NAME-ID when `ledger` is set. Where depths race, their speed-ups by
// goal become NAME-ID-speedup.svg and .png. Where a sweep has a regularizer,
// what its batch loss is made of becomes NAME-ID-parts.svg and .png. Returns
// the paths. A picture is replaced only when the new one is complete.
//
// Each picture carries a text (provenance.h) that says which sweep and trials
// it shows, the query for their points, the digest of what is drawn, the digest
// of the picture without the text, and `origin`.
//
// Errors are FAILED_PRECONDITION when gnuplot is not on the PATH, with the
// package to install, or when there is no curve to draw; INVALID_ARGUMENT when
// the overlay does not fit the sweep; RESOURCE_EXHAUSTED when gnuplot could not
// write all of a picture; and INTERNAL with the words of gnuplot when it fails,
// or for errors of the file system.
absl::StatusOr<std::vector<std::string>> DrawSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const PictureOptions& options);

// Returns the pictures of a summary as svg documents, and keeps no file.
absl::StatusOr<std::vector<std::string>> SvgsOfSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis);

// Returns the digest of what is drawn in the picture of that kind, as the text
// of a picture has it. NOT_FOUND when there would be no such picture, and the
// errors of DrawSummary.
absl::StatusOr<std::string> DigestOfPicture(const v1::Sweep& sweep,
                                            const SweepAnalysis& analysis,
                                            const PictureOptions& options,
                                            const std::string& kind);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_
