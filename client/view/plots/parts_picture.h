#ifndef FATHOM_CLIENT_VIEW_PLOTS_PARTS_PICTURE_H_
#define FATHOM_CLIENT_VIEW_PLOTS_PARTS_PICTURE_H_

#include "client/analysis/analysis.h"
#include "client/view/plots/picture.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Returns a picture of what the batch loss is made of: a panel per metric of
// `analysis.parts`, with a line per row of the summary, which has the same
// colour in all panels. Without such curves there are no panels.
Plot MakePartsPlot(const v1::Sweep& sweep, const SweepAnalysis& analysis);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_PARTS_PICTURE_H_
