#ifndef FATHOM_CLIENT_VIEW_SUMMARY_TEXT_H_
#define FATHOM_CLIENT_VIEW_SUMMARY_TEXT_H_

#include <string>
#include <vector>

#include "client/analysis/summary.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom {

// Returns the summary as a table under a heading, and one sentence per slow
// group where depths are compared.
std::string SummaryText(const v1::Sweep& sweep, const SweepSummary& summary);

// Returns three SQL statements to start from: how the trials of each group
// ended, the best setting of each group, and the best curve of the sweep.
std::vector<std::string> QueriesToTry(const v1::Sweep& sweep,
                                      const SweepSummary& summary);

// Returns everything of the summary but the curves: {metric, steps, rows: [{by:
// {axis: value}, best: [{step, value, standard_error, settings, trials,
// diverged_later, stopped_earlier}]}], depth: [...]}. A step without a winner
// has a null value, and a single trial no standard error.
nlohmann::ordered_json SummaryJson(const SweepSummary& summary);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_SUMMARY_TEXT_H_
