#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/analysis.h"
#include "client/view/plots/overlay.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Where pictures go, and what they show beside the curves of the sweep.
struct PictureOptions {
  std::string folder = {};  // If empty, the current folder.
  // Tells the pictures of several ledgers apart; empty for the default ledger.
  std::string ledger = {};
  std::optional<Overlay> overlay = {};
  std::optional<double> updates_per_iteration = {};  // See AddOverlay().
};

// Draws the curves of a summary with gnuplot as `folder`/NAME-ID.svg and .png,
// or LEDGER-NAME-ID when `ledger` is set. Where depths race, their speed-ups by
// goal become NAME-ID-speedup.svg and .png. Where a sweep has a regularizer,
// what its batch loss is made of becomes NAME-ID-parts.svg and .png. Returns
// the paths. A picture is replaced only when the new one is complete.
//
// Errors are FAILED_PRECONDITION when gnuplot is not on the PATH, with the
// package to install, or when there is no curve to draw; INVALID_ARGUMENT when
// the overlay does not fit the sweep; RESOURCE_EXHAUSTED when gnuplot could not
// write all of a picture; and INTERNAL with the words of gnuplot when it fails,
// or for errors of the file system.
absl::StatusOr<std::vector<std::string>> DrawSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const PictureOptions& options);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_
