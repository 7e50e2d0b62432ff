#ifndef FATHOM_CLIENT_VIEW_BEST_TEXT_H_
#define FATHOM_CLIENT_VIEW_BEST_TEXT_H_

#include <string>

#include "client/analysis/best.h"
#include "fathom/v1/sweep_service.pb.h"
#include "nlohmann/json.hpp"

namespace fathom {

// Returns the report as three tables: the best setting of each group with its
// spread and the trials that diverged, the steps to epsilon with the speed-up
// of depth, and the stable learning rates; and notes on what to beware of.
std::string BestText(const v1::Sweep& sweep, const BestReport& report);

// Returns everything of the report. A number of which only a bound is known is
// {value, bound: exact | at_least | at_most}.
nlohmann::ordered_json BestJson(const BestReport& report);

}  // namespace fathom

#endif  // FATHOM_CLIENT_VIEW_BEST_TEXT_H_
