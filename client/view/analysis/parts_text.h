#ifndef FATHOM_CLIENT_VIEW_ANALYSIS_PARTS_TEXT_H_
#define FATHOM_CLIENT_VIEW_ANALYSIS_PARTS_TEXT_H_

#include <string>

#include "client/analysis/analysis.h"
#include "fathom/v1/sweep.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns what the batch loss of each group is made of, as a table with small
// pictures of the curves where these are known, and of each difference how much
// is the regularizer and how much is learning. Empty where the analysis has no
// parts.
std::string PartsText(const v1::SweepSpec& spec, const SweepAnalysis& analysis,
                      int width);

// Returns {metrics, rows: [{by: {axis: value}, ends: {metric: {mean,
// standard_error}}}], differences: [{reference, group, batch_loss,
// batch_data_loss, regularizer}]}; the last three are {mean, standard_error},
// of the reference minus the group. An end that is not known is null.
nlohmann::ordered_json PartsJson(const SweepAnalysis& analysis);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_ANALYSIS_PARTS_TEXT_H_
