#ifndef FATHOM_CLIENT_VIEW_PLOTS_PLOT_BANDS_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PLOT_BANDS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/analysis/curves.h"
#include "client/view/plots/picture.h"

namespace fathom::client {

// Returns one kind of band for all lines of a picture, so that they can be
// compared: none where no line is a mean, else the one that is asked for, else
// quartiles unless some line has fewer than five repetitions.
BandKind BandKindOf(const std::vector<const CurveSet*>& lines,
                    std::optional<BandKind> asked = {});

// Does so for lines with these numbers of repetitions.
BandKind BandKindOfCounts(const std::vector<size_t>& counts,
                          std::optional<BandKind> asked = {});

// Returns the ends of a band around the mean of at least one value.
std::pair<double, double> BandEnds(std::vector<double> sample, BandKind kind);

// Returns the band of one line, which is empty for a single curve.
Plot::Band MakeBand(const CurveSet& curves, BandKind kind);

// Returns what a subtitle says of the bands: ", band between the quartiles".
std::string BandText(BandKind kind);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PLOT_BANDS_H_
