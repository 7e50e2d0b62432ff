#ifndef FATHOM_CLIENT_ANALYSIS_CONTENDER_H_
#define FATHOM_CLIENT_ANALYSIS_CONTENDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "client/analysis/choice.h"
#include "client/analysis/hitting_times.h"
#include "client/analysis/interval.h"
#include "client/analysis/race.h"
#include "client/analysis/trial_table.h"

namespace fathom::client {

// A group at one goal: what its complete settings take. Part of RunRace.
struct Contender {
  const Racer* racer = nullptr;
  std::vector<size_t> settings = {};       // Of the table.
  std::vector<SettingTimes> times = {};    // Of each.
  std::vector<SettingTimes> measure = {};  // What is compared: times or costs.
  std::optional<Choice> choice = {};       // With each repetition once.
  int64_t most_arrived = 0;                // Repetitions, at any setting.
  bool is_whole = false;                   // No trial of the group is missing.
  bool was_cut = false;  // A stop rule ended a trial before it arrived.
  double limit = 0;      // What none that does not arrive took less than.
};

// `goal` is a number of Race::goals.
Contender MakeContender(const TrialTable& table, const HittingTimes& times,
                        const Racer& racer, size_t goal,
                        const RaceOptions& options);

// Each of `count` repetitions once.
absl::Span<const uint32_t> Once(size_t count);

// What is resampled of a contender: its settings that may be chosen, with
// logarithms of what they take: those at which a share `arrive` of the
// repetitions arrives.
struct Resampled {
  std::vector<SettingTimes> times = {};  // log(max(T, 1)); kNever stays.
  bool has_costs = false;
  std::vector<SettingTimes> measure = {};  // Costs, likewise.
  bool is_smooth = true;                   // Every repetition arrives.
  size_t repetitions = 0;                  // Of each; 0 where they differ.
};
Resampled MakeResampled(const Contender& contender, const RaceOptions& options);

// Returns the logarithm of what the group takes with these repetitions, the
// setting being chosen by them; kNever when it does not arrive.
double LogTimeOf(const Resampled& resampled, WeightsOf weights,
                 SmoothMedian& smooth);

// What is shown of the group itself.
void Describe(const TrialTable& table, const Contender& contender,
              const RaceOptions& options, AtGoal* at);

// The speed-up when one half of the repetitions chooses the settings and the
// other half is measured, both ways, as their geometric mean. Unset when one of
// them does not arrive.
std::optional<double> SplitSpeedUp(const Contender& reference,
                                   const Contender& other, double arrive);

// Returns whether the repetitions of two settings of the table are the same
// ones, in the same order.
bool ArePaired(const Grouping& grouping, const TrialTable& table, size_t a,
               size_t b);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_CONTENDER_H_
