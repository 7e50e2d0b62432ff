#ifndef FATHOM_CLIENT_LOAD_SUMMARY_H_
#define FATHOM_CLIENT_LOAD_SUMMARY_H_

#include <vector>

#include "absl/status/statusor.h"
#include "client/analysis/curves.h"
#include "client/analysis/summary.h"
#include "client/connection.h"

namespace fathom {

// What is recorded of the compared metric.
struct SummaryPoints {
  std::vector<Observation> at_steps;  // At SummaryOf(spec).at(), by trial.
  std::vector<Observation> stopped;   // The last of trials that a rule stopped.
};

absl::StatusOr<SummaryPoints> LoadSummaryPoints(Connection& connection,
                                                const v1::Sweep& sweep);

// Condenses them, and loads the curves of the winners.
absl::StatusOr<SweepSummary> LoadSummary(Connection& connection,
                                         const v1::Sweep& sweep,
                                         const SummaryPoints& points);

// Condenses what the ledger has recorded of a sweep so far, curves included,
// through the views `results` and `metric_points`.
//
// INVALID_ARGUMENT when the summary would be too large; the errors of
// Connection::Query.
absl::StatusOr<SweepSummary> LoadSummary(Connection& connection,
                                         const v1::Sweep& sweep);

}  // namespace fathom

#endif  // FATHOM_CLIENT_LOAD_SUMMARY_H_
