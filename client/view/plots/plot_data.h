#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_DATA_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_DATA_H_

#include <string>

#include "client/view/plots/picture.h"

namespace fathom::client {

// Returns the values of a plot as blocks of a gnuplot script, for panel p:
//   $curve_p_l   line l: place, value, and low and high end of the band where
//                it has one
//   $rim_p_l     where trials of line l diverged, at the upper rim
//   $mark_p_m    mark m: place and value
//   $cross_p_l   where line l crosses the reference
//   $saved_p     the piece of the reference that depth saved
// Values without a place on the axis (HasPlace) are left out. A band is cut off
// at the edges of the panel. Even a line without any point has a block.
std::string PlotData(const Plot& plot);

// These functions return whether any value has a place on an axis of values of
// that scale.
bool HasPoint(const Plot::Line& line, PlotScale scale);
bool HasPoint(const Plot::Mark& mark, PlotScale scale);

// Returns whether the plot is of steps, and not of the values of an axis.
bool HasSteps(const Plot& plot);

// Returns whether the panel shows what depth saved.
bool HasSaved(const Plot::Panel& panel);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_DATA_H_
