#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_DATA_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_DATA_H_

#include <string>

#include "client/view/plots/picture.h"

namespace fathom::client {

// Returns the values of a plot as blocks of a gnuplot script, for panel p:
//   $curve_p_l   line l: place on the step axis, value, and low and high end
//                of the band where it has one
//   $mark_p_m    mark m: place and value
//   $cross_p_l   where line l crosses the reference
//   $saved_p     the piece of the reference that depth saved
// Values that are not above 0 have no place on the axis and are left out. The
// low end of a band is cut off at the lower edge of the panel. Even a line
// without any point has a block.
std::string PlotData(const Plot& plot);

// These functions return whether any value can be drawn.
bool HasPoint(const Plot::Line& line);
bool HasPoint(const Plot::Mark& mark);

// Returns whether the panel shows what depth saved.
bool HasSaved(const Plot::Panel& panel);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_DATA_H_
