#ifndef FATHOM_CLIENT_VIEW_PLOTS_HEAT_SCRIPT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_HEAT_SCRIPT_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/analysis/analysis.h"
#include "client/view/plots/plot_style.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Returns a gnuplot 5 script that draws, into `output`, a heat map of a summary
// by two axes: the first from left to right, the second upwards, and in each
// cell the value of the best setting of its group at the last step. Colours are
// logarithmic where all values are above 0. A cell without a value is grey and
// says whether its trials diverged.
//
// INVALID_ARGUMENT unless the summary is by two axes of at most 64 values each,
// and FAILED_PRECONDITION when no cell has a value.
absl::StatusOr<std::string> HeatScript(const v1::Sweep& sweep,
                                       const SweepAnalysis& analysis,
                                       PictureFormat format,
                                       const std::string& output);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_HEAT_SCRIPT_H_
