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

struct PictureOptions {
  std::string folder = {};  // Empty: the current one.
  // Tells apart the pictures of several ledgers; empty for the usual one.
  std::string ledger = {};
  std::optional<Overlay> overlay = {};
  std::optional<double> updates_per_iteration = {};  // As in AddOverlay.
};

// Draws the curves of a summary with gnuplot as `folder`/NAME-ID.svg and .png,
// or LEDGER-NAME-ID with `ledger`, and, where depths race, their speed-ups by
// goal as NAME-ID-speedup.svg and .png; returns the paths. A picture is
// replaced only when the new one is whole.
//
// FAILED_PRECONDITION when gnuplot is not on the PATH, with the package to
// install, and when there is no curve to draw; INVALID_ARGUMENT when the
// overlay does not go with the sweep; INTERNAL with the words of gnuplot when
// it fails, and for errors of the file system.
absl::StatusOr<std::vector<std::string>> DrawSummary(
    const v1::Sweep& sweep, const SweepAnalysis& analysis,
    const PictureOptions& options);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_H_
