#ifndef FATHOM_CLIENT_ANALYSIS_RACE_H_
#define FATHOM_CLIENT_ANALYSIS_RACE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/edges.h"
#include "client/analysis/goals.h"
#include "client/analysis/interval.h"
#include "client/analysis/statistics.h"
#include "client/analysis/trial_table.h"

// The race between depths (docs/statistics.md, sections 3 to 8): how many times
// fewer steps a depth takes to a goal than the shallowest one. Pure functions.
namespace fathom::client {

class HittingTimes;

// What may be asked of a race.
struct RaceOptions {
  double arrive = 1;    // Share of the repetitions that a setting must bring.
  bool tuning = false;  // Count the steps of the whole grid.
  bool split = false;   // Check what choosing on the measured trials gains.
  std::optional<double> goal = {};  // Instead of a profile.
};

// What a group did against the reference at one goal.
enum class Verdict {
  kNone,  // One arrives in part, or none does, or a stop rule cut one off.
  kFaster,
  kSlower,
  kTie,
  kAhead,   // It arrives and the reference does not.
  kBehind,  // The reference arrives and it does not.
  kBetter,  // Of levels.
  kWorse,
};

// A group at one goal.
struct AtGoal {
  int64_t arrived = 0;  // At the chosen setting; else the most at any.
  int64_t repetitions = 0;
  std::optional<size_t> setting = {};  // Of TrialTable::settings(); chosen.
  std::vector<v1::Value> values = {};  // Of its axes of `best_over`.
  std::vector<int64_t> trials = {};    // Its repetitions.
  std::vector<double> times = {};      // Theirs; kNever: does not arrive.
  int64_t diverged = 0;                // Of them, sooner or later.
  double median = kNever;
  std::optional<double> ert = {};   // Expected running time at the setting.
  std::optional<double> cost = {};  // Steps of the grid; see RaceOptions.
  // The rest against the reference: unset and none for the reference itself.
  std::optional<Bounded> speed_up = {};
  std::optional<Interval> interval = {};
  std::optional<double> split = {};
  Verdict verdict = Verdict::kNone;
};

// A group in the race.
struct Racer {
  int64_t group = 0;
  std::optional<int64_t> depth = {};
  int64_t longest = 0;  // Largest last step of a trial.
  // First values of the trials of complete settings; unset without any.
  std::optional<double> least_first = {};
  std::optional<double> largest_first = {};
  // The least, over complete settings, of the largest last value of their
  // repetitions.
  std::optional<double> end = {};
  bool never_left = false;      // Fell by less than a thousandth everywhere.
  std::vector<AtGoal> at = {};  // Per goal.
  // The lowest goal at which it and the reference arrive; of the reference,
  // the lowest at which it does. And where the setting chosen for it lies.
  std::optional<size_t> quoted = {};
  std::vector<AxisEdge> edges = {};
};

// One family.
struct Race {
  std::vector<std::string> axes = {};  // `by` without the depth.
  std::vector<v1::Value> values = {};  // Of these axes.
  std::optional<double> start = {};    // Goals lie below it. Unset: no trial.
  double largest_start = 0;
  Floor floor = {};
  // No goal of the profile lies below it. Unset: the reference has no end.
  std::optional<double> end = {};
  std::vector<double> goals = {};  // Descending.
  std::vector<Racer> racers = {};  // The reference first, then by depth.
  int64_t repetitions = 0;         // Most of a setting.
};

// Returns the families of a sweep, with their groups alone. `by` has short
// names. Without `depth` in it each group is a family of its own.
std::vector<Race> MakeRaces(const Grouping& grouping,
                            const std::vector<std::string>& by);

// Fills in starts and ends, without the floor.
void MeasureEnds(const TrialTable& table, Race* race);

// Chooses the goals; `floor` and `stop_below` bound them. After MeasureEnds.
void ChooseGoals(const Floor& floor, std::optional<double> stop_below,
                 const RaceOptions& options, Race* race);

// Runs a race. `best_over` has the short names of these axes. O(goals x
// resamples x trials that may be chosen).
void RunRace(const Grouping& grouping, const TrialTable& table,
             const HittingTimes& times, const RaceOptions& options,
             const std::vector<std::string>& best_over, Race* race);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RACE_H_
