#ifndef FATHOM_CLIENT_LOAD_EXPORT_ROWS_H_
#define FATHOM_CLIENT_LOAD_EXPORT_ROWS_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "client/analysis/trial_filter.h"
#include "client/connection.h"
#include "fathom/v1/sweep_service.pb.h"

namespace fathom::client {

// Takes the rows of an answer message by message. The first message has the
// names of the columns.
using ConsumeRows = absl::FunctionRef<absl::Status(const v1::QueryResponse&)>;

// These functions hand all rows of a sweep to `consume`, however many there
// are, until it fails; if `filter` is set, those of the trials that it takes.
// Neither memory nor the time of a single call grows with the sweep. While a
// sweep runs, rows far apart are of different moments.
//
// Errors are those of `consume` and of the connection.

// The view `results`, by trial.
absl::Status ExportResults(Connection& connection, const v1::Sweep& sweep,
                           ConsumeRows consume,
                           const TrialFilter* filter = nullptr);

// The view `metric_points`: a metric after the other in the order of the spec,
// by trial and step. Values that were not finite are NULL.
absl::Status ExportPoints(Connection& connection, const v1::Sweep& sweep,
                          ConsumeRows consume,
                          const TrialFilter* filter = nullptr);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_LOAD_EXPORT_ROWS_H_
