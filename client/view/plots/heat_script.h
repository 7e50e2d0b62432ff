#ifndef FATHOM_CLIENT_VIEW_PLOTS_HEAT_SCRIPT_H_
#define FATHOM_CLIENT_VIEW_PLOTS_HEAT_SCRIPT_H_

#include <string>

#include "client/view/plots/heat.h"
#include "client/view/plots/plot_style.h"

namespace fathom::client {

// Returns a gnuplot 5 script that draws a heat map into `output`. Each cell has
// its value, where there is room, and at its lower rim a bar as wide as the
// share of its trials that diverged. A cell without a value is grey and says
// whether its trials diverged.
std::string HeatScript(const Heat& heat, PictureFormat format,
                       const std::string& output);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_HEAT_SCRIPT_H_
