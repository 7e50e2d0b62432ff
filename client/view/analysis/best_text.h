#ifndef FATHOM_CLIENT_VIEW_ANALYSIS_BEST_TEXT_H_
#define FATHOM_CLIENT_VIEW_ANALYSIS_BEST_TEXT_H_

#include <string>

#include "client/analysis/analysis.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// Returns an analysis in tables: the best setting of each group at a step with
// its spread, what a comparison of depths says, the steps to the quoted goals
// and the profile of each race, and the learning rates at which all trials
// trained. `why` adds the trials that the numbers rest on. For `width` see
// RenderTable().
std::string BestText(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                     bool why, int width);

// Returns the whole analysis as JSON.
nlohmann::ordered_json BestJson(const SweepAnalysis& analysis);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_ANALYSIS_BEST_TEXT_H_
