#ifndef FATHOM_CLIENT_ANALYSIS_RACE_LEVEL_H_
#define FATHOM_CLIENT_ANALYSIS_RACE_LEVEL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/race/race.h"
#include "client/analysis/statistics/interval.h"
#include "client/analysis/summary.h"

// This file compares depths by the value of a metric at a step
// (docs/statistics.md, section 9). Its functions are pure.
namespace fathom::client {

// A group compared with the reference.
struct LevelOfGroup {
  int64_t group = 0;
  std::optional<int64_t> depth = {};
  std::optional<double> value = {};      // Mean over the repetitions.
  std::optional<size_t> setting = {};    // The chosen one, in the table.
  std::vector<v1::Value> settings = {};  // Values of `best_over`.
  std::vector<int64_t> trials = {};      // The repetitions.
  // value / value of the reference, or their difference. Unset for the
  // reference itself, and where one of the two has no value.
  std::optional<double> comparison = {};
  std::optional<Interval> interval = {};
  Verdict verdict = Verdict::kNone;  // kBetter, kWorse, kTie or kNone.
};

// The comparison of one family at one step.
struct LevelComparison {
  std::vector<std::string> axes = {};     // `by` without the depth.
  std::vector<v1::Value> values = {};     // Values of `axes`.
  int64_t step = 0;                       // May be kAtTheEnd.
  bool is_compared = true;                // If false, values are only shown.
  bool is_ratio = true;                   // If false, a difference.
  int64_t repetitions = 0;                // Most repetitions of a setting.
  std::vector<LevelOfGroup> groups = {};  // The reference comes first.
};

// Compares the families of `races` at the last step of `levels`. For a metric
// that is only shown there is no comparison, and the values are those of the
// setting with the least mean final loss. The cost is O(resamples x trials).
std::vector<LevelComparison> CompareLevels(const Grouping& grouping,
                                           const TrialTable& table,
                                           const Levels& levels,
                                           const std::vector<Race>& races,
                                           v1::Metric metric);

// Returns the other complete settings of the group of setting `best` whose
// means at the last step of `levels` differ from its mean by rounding alone: by
// at most 64 units of rounding (2^-53, relative), or because both are at or
// below `floor`.
std::vector<size_t> TiedSettings(const TrialTable& table, const Levels& levels,
                                 size_t best, double floor);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RACE_LEVEL_H_
