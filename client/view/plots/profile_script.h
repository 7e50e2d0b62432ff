#ifndef FATHOM_CLIENT_VIEW_PLOTS_PROFILE_SCRIPT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PROFILE_SCRIPT_H_

#include <string>

#include "client/analysis/analysis.h"
#include "client/view/plots/plot_style.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Returns whether some deeper group has a speed-up to draw.
bool HasProfile(const SweepAnalysis& analysis);

// Returns a gnuplot 5 script that draws, into `output`, how many times faster
// each depth is than the shallowest one as a function of the goal. It has a
// panel per family, a line per depth, and bands for the intervals. Above the
// line at 1 the deeper net is faster. The goals go down from left to right, as
// they do in training.
std::string ProfileScript(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                          PictureFormat format, const std::string& output);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PROFILE_SCRIPT_H_
