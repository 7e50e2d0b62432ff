#ifndef FATHOM_CLIENT_ANALYSIS_RATE_OUTCOMES_H_
#define FATHOM_CLIENT_ANALYSIS_RATE_OUTCOMES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/statistics/band.h"
#include "client/analysis/summary.h"
#include "client/analysis/trial_table.h"

namespace fathom::client {

// Returns the band of stable learning rates of a group. The other axes of
// `best_over`, which names the axes of SettingRows::values, have the values of
// setting `best` of the table, or any values when `best` is unset. The values
// of the rates are those at the last step of `levels`. Unset when the learning
// rate is not in `best_over`.
std::optional<StableBand> MeasureBandOf(
    const TrialTable& table, const Levels& levels, int64_t group,
    std::optional<size_t> best, const std::vector<std::string>& best_over);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RATE_OUTCOMES_H_
