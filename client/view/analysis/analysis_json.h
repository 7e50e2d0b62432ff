#ifndef FATHOM_CLIENT_VIEW_ANALYSIS_ANALYSIS_JSON_H_
#define FATHOM_CLIENT_VIEW_ANALYSIS_ANALYSIS_JSON_H_

#include <cstdint>
#include <string>

#include "client/analysis/analysis.h"
#include "nlohmann/json.hpp"

namespace fathom::client {

// These functions return the races and the comparisons of levels of a sweep, as
// docs/statistics.md, section 10, describes them.
nlohmann::ordered_json RacesJson(const SweepAnalysis& analysis);
nlohmann::ordered_json LevelsJson(const SweepAnalysis& analysis);

// Returns {expected, finished, succeeded, diverged, stopped, failed, settings,
// complete_settings}.
nlohmann::ordered_json CountsJson(const GroupCounts& counts);

// Returns a step, or null for kAtTheEnd.
nlohmann::ordered_json StepJson(int64_t step);

// Returns "raced", "level" or "shown": what may be concluded from the metric.
std::string UseName(v1::Metric metric);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_ANALYSIS_ANALYSIS_JSON_H_
