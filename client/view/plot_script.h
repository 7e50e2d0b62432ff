#ifndef FATHOM_CLIENT_VIEW_PLOT_SCRIPT_H_
#define FATHOM_CLIENT_VIEW_PLOT_SCRIPT_H_

#include <string>

#include "client/view/picture.h"
#include "client/view/plot_style.h"

namespace fathom {

// Returns a gnuplot 5 script that draws the plot into `output`.
std::string PlotScript(const Plot& plot, PictureFormat format,
                       const std::string& output);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_PLOT_SCRIPT_H_
