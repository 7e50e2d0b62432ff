#ifndef FATHOM_CLIENT_ANALYSIS_LEVEL_H_
#define FATHOM_CLIENT_ANALYSIS_LEVEL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/interval.h"
#include "client/analysis/race.h"
#include "client/analysis/summary.h"

// Comparisons of depths by the value of a metric at a step (docs/statistics.md,
// section 9). Pure functions.
namespace fathom::client {

// A group against the reference.
struct LevelOfGroup {
  int64_t group = 0;
  std::optional<int64_t> depth = {};
  std::optional<double> value = {};      // Mean over the repetitions.
  std::optional<size_t> setting = {};    // Of the table; chosen.
  std::vector<v1::Value> settings = {};  // Its values of `best_over`.
  std::vector<int64_t> trials = {};      // Its repetitions.
  // value / value of the reference, or their difference; unset for the
  // reference itself, and where one has no value.
  std::optional<double> comparison = {};
  std::optional<Interval> interval = {};
  Verdict verdict = Verdict::kNone;  // Better, worse or a tie.
};

// One family at one step.
struct LevelComparison {
  std::vector<std::string> axes = {};     // `by` without the depth.
  std::vector<v1::Value> values = {};     // Of these axes.
  int64_t step = 0;                       // Of Levels; may be kAtTheEnd.
  bool is_compared = true;                // Else values are only shown.
  bool is_ratio = true;                   // Else a difference.
  int64_t repetitions = 0;                // Most of a setting.
  std::vector<LevelOfGroup> groups = {};  // The reference first.
};

// Compares the families of `races` at the last step of `levels`. Of a metric
// that is only shown there are the values where the loss ends least, and no
// comparison. O(resamples x trials).
std::vector<LevelComparison> CompareLevels(const Grouping& grouping,
                                           const TrialTable& table,
                                           const Levels& levels,
                                           const std::vector<Race>& races,
                                           v1::Metric metric);

// Returns the other complete settings of the group of setting `best` whose
// means at the last step of `levels` rounding alone tells from its mean: they
// are apart by 64 units of the last place at most, or both at or below `floor`.
std::vector<size_t> TiedSettings(const TrialTable& table, const Levels& levels,
                                 size_t best, double floor);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_LEVEL_H_
