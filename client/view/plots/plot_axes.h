#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_AXES_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_AXES_H_

#include <cstdint>
#include <string>

#include "client/view/plots/picture.h"

namespace fathom::client {

// Returns `text` as a gnuplot string literal.
std::string GnuplotString(const std::string& text);

// Returns the position of a step on the step axis. On a logarithmic axis it is
// step + 1, because log(0) has no place.
double StepPlace(double step, bool linear);

// What the axes of a panel show: values above 0 with a little room, and steps
// up to the last one. A band extends the values by at most a factor of ten
// below the lowest line.
struct PlotRange {
  double low = 0;
  double high = 0;
  int64_t last_step = 1;
};

// Returns what the axes of `panel` show.
PlotRange RangeOf(const Plot::Panel& panel);

// Returns gnuplot's list of ticks for a logarithmic axis: the digits 1, 2, 5 of
// every decade, more of them on a short axis, and powers of ten alone on a long
// one.
std::string ValueTicks(double low, double high);

// Returns the ticks of the step axis. A logarithmic axis has 0, 10, 100, ...
// and the last step, unless that is too near to another tick. A linear axis has
// 0 and multiples of 1, 2 or 5 times a power of ten, four to eight in all.
std::string StepTicks(int64_t last, bool linear);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_AXES_H_
