#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_SCRIPT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_SCRIPT_H_

#include <string>

#include "client/view/plots/picture.h"
#include "client/view/plots/plot_style.h"

namespace fathom::client {

// Returns a gnuplot 5 script that draws the plot into `output`.
std::string PlotScript(const Plot& plot, PictureFormat format,
                       const std::string& output);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_SCRIPT_H_
