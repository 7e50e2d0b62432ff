// This file finds what a race runs between: families, starts, ends and goals.
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "client/analysis/race/race.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

constexpr char kDepthAxis[] = "depth";
// A trial whose last value is not below this share of its first value has not
// left the start.
constexpr double kStaysAbove = 0.999;

void MeasureRacer(const TrialTable& table, Racer* racer) {
  bool left = false;
  bool stayed = false;  // Some trial did not diverge.
  for (const size_t s : table.SettingsOf(racer->group)) {
    const SettingRows& setting = table.settings()[s];
    if (!setting.complete) continue;
    std::optional<double> end;
    bool has_end = true;
    for (const size_t i : setting.rows) {
      const TrialRow& row = table.rows()[i];
      has_end &= row.points;
      if (!row.points) continue;
      stayed |= row.state != v1::TRIAL_STATE_DIVERGED;
      racer->longest = std::max(racer->longest, row.last_step);
      racer->least_first =
          std::min(racer->least_first.value_or(row.first), row.first);
      racer->largest_first =
          std::max(racer->largest_first.value_or(row.first), row.first);
      left |= row.last < kStaysAbove * row.first;
      end = std::max(end.value_or(row.last), row.last);
    }
    if (!has_end || !end.has_value()) continue;
    racer->end = std::min(racer->end.value_or(*end), *end);
  }
  racer->never_left = stayed && !left;
}

}  // namespace

std::vector<Race> MakeRaces(const Grouping& grouping,
                            const std::vector<std::string>& by) {
  std::vector<Race> races;
  std::map<std::string, size_t> race_of;
  for (int64_t group = 0; group < grouping.group_count(); ++group) {
    const std::vector<v1::Value> values = grouping.GroupValues(group);
    Racer racer{.group = group};
    Race race;
    std::string key;
    for (size_t i = 0; i < values.size(); ++i) {
      if (by[i] == kDepthAxis) {
        racer.depth = values[i].integer();
        continue;
      }
      absl::StrAppend(&key, ValueText(values[i]), "\n");
      race.axes.push_back(by[i]);
      race.values.push_back(values[i]);
    }
    const auto [found, added] = race_of.emplace(key, races.size());
    if (added) races.push_back(std::move(race));
    races[found->second].racers.push_back(std::move(racer));
  }
  for (Race& race : races) {
    absl::c_stable_sort(race.racers, [](const Racer& a, const Racer& b) {
      return a.depth.value_or(0) < b.depth.value_or(0);
    });
  }
  return races;
}

void MeasureEnds(const TrialTable& table, Race* race) {
  for (Racer& racer : race->racers) {
    MeasureRacer(table, &racer);
    for (const size_t s : table.SettingsOf(racer.group)) {
      race->repetitions =
          std::max(race->repetitions, table.settings()[s].expected);
    }
    if (!racer.least_first.has_value()) continue;
    race->largest_start =
        race->start.has_value()
            ? std::max(race->largest_start, *racer.largest_first)
            : *racer.largest_first;
    race->start =
        std::min(race->start.value_or(*racer.least_first), *racer.least_first);
  }
}

void ChooseGoals(const Floor& floor, std::optional<double> stop_below,
                 const RaceOptions& options, Race* race) {
  race->floor = floor;
  const Racer& reference = race->racers.front();
  if (!race->start.has_value()) return;
  if (reference.end.has_value()) {
    race->end = std::max({floor.value, *reference.end, stop_below.value_or(0)});
  }
  if (options.goal.has_value()) {
    if (*options.goal < *race->start && *options.goal >= floor.value) {
      race->goals = {*options.goal};
    }
    return;
  }
  if (!race->end.has_value()) return;
  race->goals = ProfileGoals(*race->start, *race->end);
  // The ends of the groups are goals, so that the lowest goal at which two
  // groups arrive is where one of them ends.
  for (const Racer& racer : race->racers) {
    const double goal = RoundedGoalUp(racer.end.value_or(0));
    if (goal > *race->end && goal < *race->start) race->goals.push_back(goal);
  }
  absl::c_sort(race->goals, std::greater<>());
  race->goals.erase(std::unique(race->goals.begin(), race->goals.end()),
                    race->goals.end());
  // All trials that a stop rule stopped got to its bound exactly, so that the
  // bound is not rounded.
  if (stop_below == race->end && !race->goals.empty()) {
    race->goals.back() = *race->end;
  }
}

}  // namespace fathom::client
