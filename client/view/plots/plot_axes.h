#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_AXES_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_AXES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "client/view/plots/picture.h"

namespace fathom::client {

// Returns `text` as a gnuplot string literal.
std::string GnuplotString(const std::string& text);

// Returns whether a value has a place on an axis of values: a finite one, which
// is above 0 where the axis is logarithmic.
bool HasPlace(double value, PlotScale scale);

// Returns the number that stands for `x` on an axis: step + 1 for kLogSteps.
double PlaceOn(double x, PlotScale scale);

// What the axes of a panel show, with a little room: the values that have a
// place, and what the other axis has. On a logarithmic axis, a band extends the
// values by at most a factor of ten below the lowest line.
struct PlotRange {
  double low = 0;  // Values.
  double high = 0;
  double left = 0;  // Places, see PlaceOn().
  double right = 0;
  int64_t last_step = 1;  // Of an axis of steps.
};

// Returns what the axes of panel `p` of the plot show.
PlotRange RangeOf(const Plot& plot, size_t p);

// A place on an axis with its text.
struct PlotTick {
  double at = 0;
  std::string text = {};
};

// Returns ticks for a logarithmic axis: the digits 1, 2, 5 of every decade,
// more of them on a short axis, and powers of ten alone on a long one.
std::vector<PlotTick> LogTicks(double low, double high);

// Returns ticks for a linear axis: multiples of 1, 2 or 5 times a power of ten,
// four to eight in all.
std::vector<PlotTick> LinearTicks(double low, double high);

// Returns the ticks of the axis of values and of the other axis. A logarithmic
// axis of steps has 0, 10, 100, ... and the last step, unless that is too near
// to another tick. A linear one has 0 and multiples of 1, 2 or 5 times a power
// of ten.
std::vector<PlotTick> ValueTicksOf(const Plot& plot, const PlotRange& range);
std::vector<PlotTick> PlaceTicksOf(const Plot& plot, const PlotRange& range);

// Returns ticks as gnuplot's list of them.
std::string TickList(const std::vector<PlotTick>& ticks);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_AXES_H_
