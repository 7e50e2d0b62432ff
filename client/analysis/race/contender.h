#ifndef FATHOM_CLIENT_ANALYSIS_RACE_CONTENDER_H_
#define FATHOM_CLIENT_ANALYSIS_RACE_CONTENDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "client/analysis/choice.h"
#include "client/analysis/race/hitting_times.h"
#include "client/analysis/race/race.h"
#include "client/analysis/statistics/interval.h"
#include "client/analysis/trial_table.h"

namespace fathom::client {

// A group at one goal, with what its complete settings take to get there.
// RunRace uses it.
struct Contender {
  const Racer* racer = nullptr;
  std::vector<size_t> settings = {};     // Numbers in the table.
  std::vector<SettingTimes> times = {};  // By setting.
  std::vector<SettingTimes> costs = {};  // Where these are asked for.
  std::optional<Choice> choice = {};     // With every repetition once.
  int64_t most_arrived = 0;              // Most repetitions of a setting.
  bool is_whole = false;                 // Every trial is finished.
  bool was_cut = false;  // A stop rule ended a trial before it arrived.
  double limit = 0;      // Steps taken, for a bound without arrival.

  // What is compared: costs, or times.
  const std::vector<SettingTimes>& measure() const {
    return costs.empty() ? times : costs;
  }
};

// Returns the group of `racer` at the goal Race::goals[goal].
Contender MakeContender(const TrialTable& table, const HittingTimes& times,
                        const Racer& racer, size_t goal,
                        const RaceOptions& options);

// Returns the weights of the sample itself: `count` ones.
absl::Span<const uint32_t> Once(size_t count);

// What is resampled of a contender: the settings that may be chosen, with the
// logarithms of what they take. These are settings at which at least a share
// `arrive` of the repetitions arrives.
struct Resampled {
  std::vector<SettingTimes> times = {};  // log(max(T, 1)); kNever stays.
  bool has_costs = false;
  std::vector<SettingTimes> measure = {};  // Costs, as logarithms too.
  bool is_smooth = true;                   // Every repetition arrives.
  size_t repetitions = 0;  // Per setting; 0 where settings differ.
};

// Returns what is resampled of `contender`.
Resampled MakeResampled(const Contender& contender, const RaceOptions& options);

// Returns the logarithm of what the group takes with the repetitions of the
// given weights, which also choose the setting. Returns kNever when the group
// does not arrive.
double LogTimeOf(const Resampled& resampled, WeightsOf weights,
                 SmoothMedian& smooth);

// Fills in what `at` says of the group itself, apart from the comparison.
void Describe(const TrialTable& table, const Contender& contender,
              const RaceOptions& options, AtGoal* at);

// Returns the speed-up when one half of the repetitions chooses the settings
// and the other half is measured. The halves are used both ways, and the result
// is the geometric mean. Unset when one of the groups does not arrive.
std::optional<double> SplitSpeedUp(const Contender& reference,
                                   const Contender& other, double arrive);

// Returns whether settings `a` and `b` of the table have the same repetitions
// in the same order, that is, with the same values of the averaged axes.
bool ArePaired(const Grouping& grouping, const TrialTable& table, size_t a,
               size_t b);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RACE_CONTENDER_H_
