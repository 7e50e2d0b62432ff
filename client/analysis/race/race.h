#ifndef FATHOM_CLIENT_ANALYSIS_RACE_RACE_H_
#define FATHOM_CLIENT_ANALYSIS_RACE_RACE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/analysis/race/edges.h"
#include "client/analysis/race/goals.h"
#include "client/analysis/statistics/interval.h"
#include "client/analysis/statistics/statistics.h"
#include "client/analysis/trial_table.h"

// This file has the race between depths (docs/statistics.md, sections 3 to 8):
// how many times fewer steps a depth takes to a goal than the shallowest depth.
// Its functions are pure.
namespace fathom::client {

class HittingTimes;

// What may be asked of a race.
struct RaceOptions {
  double arrive = 1;                // Share of repetitions that must arrive.
  bool tuning = false;              // Count the steps of the whole grid.
  bool split = false;               // Measure on trials that did not choose.
  std::optional<double> goal = {};  // Used instead of a profile.
};

// How a group compares with the reference at one goal.
enum class Verdict {
  // There is no verdict, for example because a group arrives in part or a stop
  // rule cut a trial off.
  kNone,
  kFaster,
  kSlower,
  kTie,
  kAhead,   // Only the group arrives.
  kBehind,  // Only the reference arrives.
  kBetter,  // Of levels, as is kWorse.
  kWorse,
};

// A group at one goal.
struct AtGoal {
  // Repetitions that arrive at the chosen setting, else the most at any
  // setting.
  int64_t arrived = 0;
  int64_t repetitions = 0;
  // The chosen setting, as an index of TrialTable::settings().
  std::optional<size_t> setting = {};
  std::vector<v1::Value> values = {};  // Its values of `best_over`.
  std::vector<int64_t> trials = {};    // Its repetitions.
  std::vector<double> times = {};      // Times of `trials`, or kNever.
  int64_t diverged = 0;                // Those of `trials` that diverged.
  double median = kNever;
  std::optional<double> ert = {};   // Expected running time.
  std::optional<double> cost = {};  // Steps of the grid (`tuning`).
  // The rest compares with the reference, and is unset or kNone for the
  // reference itself.
  std::optional<Bounded> speed_up = {};
  std::optional<Interval> interval = {};
  std::optional<double> split = {};
  Verdict verdict = Verdict::kNone;
};

// A group in the race.
struct Racer {
  int64_t group = 0;
  std::optional<int64_t> depth = {};
  int64_t longest = 0;  // Largest last step of a trial of a complete setting.
  // The least and the largest first value of the trials of complete settings;
  // unset when there is no such value.
  std::optional<double> least_first = {};
  std::optional<double> largest_first = {};
  // The least, over the complete settings, of the largest last value of their
  // repetitions.
  std::optional<double> end = {};
  // No trial of a complete setting fell below 0.999 of its first value, and not
  // all of them diverged.
  bool never_left = false;
  std::vector<AtGoal> at = {};  // By goal.
  // The lowest goal at which the group and the reference arrive (for the
  // reference: at which it arrives), and the edges of the setting chosen for
  // that goal.
  std::optional<size_t> quoted = {};
  std::vector<AxisEdge> edges = {};
};

// The race of one family.
struct Race {
  std::vector<std::string> axes = {};  // `by` without the depth.
  std::vector<v1::Value> values = {};  // Values of `axes`.
  // The least first value, below which goals lie. Unset when no complete
  // setting has one.
  std::optional<double> start = {};
  double largest_start = 0;
  Floor floor = {};
  // The lowest value that a goal of the profile may have. Unset when the
  // reference has no end.
  std::optional<double> end = {};
  std::vector<double> goals = {};  // In descending order.
  std::vector<Racer> racers = {};  // Reference first, then by depth.
  int64_t repetitions = 0;         // Most repetitions of a setting.
};

// Returns the families of a sweep with their groups and nothing else. `by` has
// the short names of the axes. Where the depth is not in `by`, each group is a
// family of its own.
std::vector<Race> MakeRaces(const Grouping& grouping,
                            const std::vector<std::string>& by);

// Fills in the starts and ends of a race, which need no floor.
void MeasureEnds(const TrialTable& table, Race* race);

// Chooses the goals of a race, to be called after MeasureEnds. No goal lies
// below `floor` or, in a profile, below `stop_below`.
void ChooseGoals(const Floor& floor, std::optional<double> stop_below,
                 const RaceOptions& options, Race* race);

// Runs a race. `best_over` has the short names of its axes. The cost is O(goals
// x resamples x trials of settings that may be chosen).
void RunRace(const Grouping& grouping, const TrialTable& table,
             const HittingTimes& times, const RaceOptions& options,
             const std::vector<std::string>& best_over, Race* race);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_ANALYSIS_RACE_RACE_H_
