#ifndef FATHOM_CLIENT_VIEW_ANALYSIS_SUMMARY_TEXT_H_
#define FATHOM_CLIENT_VIEW_ANALYSIS_SUMMARY_TEXT_H_

#include <string>
#include <vector>

#include "client/analysis/analysis.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns the summary as a table under a heading, followed by what a comparison
// of depths says.
std::string SummaryText(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                        int width);

// Returns "so far: 12 of 54 trials finished", or "" when all trials are
// finished.
std::string SoFarText(const SweepAnalysis& analysis);

// Returns which best settings lie at an edge of what was tried, a line each.
std::string EdgeNotes(const SweepAnalysis& analysis);

// Returns three SQL statements to start from: how the trials of each group
// ended, the best setting of each group, and the best curve of the sweep.
std::vector<std::string> QueriesToTry(const v1::Sweep& sweep,
                                      const SweepSummary& summary);

// Returns everything of the summary but the curves: {metric, use, steps, rows:
// [{by: {axis: value}, best: [{step, value, standard_error, settings, trials,
// diverged_later, stopped_earlier}]}], races, levels}, and loss_parts as in
// parts_text.h where a sweep has such. Races and levels are as in
// analysis_json.h. A step without a best setting has a null value, a
// single trial has no standard error, and the end of each trial is a null step.
nlohmann::ordered_json SummaryJson(const SweepAnalysis& analysis);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_ANALYSIS_SUMMARY_TEXT_H_
