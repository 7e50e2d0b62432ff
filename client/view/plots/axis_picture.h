#ifndef FATHOM_CLIENT_VIEW_PLOTS_AXIS_PICTURE_H_
#define FATHOM_CLIENT_VIEW_PLOTS_AXIS_PICTURE_H_

#include "absl/status/statusor.h"
#include "client/analysis/cells.h"
#include "client/view/plots/picture.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Returns the cells of a table as curves against the last axis in `by`, which
// is that of the places: a line for each group of the other axes, or a panel
// for each group of those in `choice.panels`. Numbers have a logarithmic axis
// where all are above 0 and span a factor of ten, unless `choice` says
// otherwise; words follow each other in the order of the spec. Values are
// logarithmic where all are above 0. A line breaks where a cell has no value;
// where trials of it diverged, a cross at the upper rim says so. A line whose
// cells are means has a band, as in MakePlot.
//
// FAILED_PRECONDITION when no trial is finished, and INVALID_ARGUMENT for a
// logarithmic axis of words or of numbers that are not above 0.
absl::StatusOr<Plot> MakeAxisPlot(const v1::Sweep& sweep,
                                  const CellTable& table,
                                  const PlotChoice& choice);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_PLOTS_AXIS_PICTURE_H_
