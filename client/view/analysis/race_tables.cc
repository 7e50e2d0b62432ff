// This file makes the tables of a race, and the list of the trials that they
// rest on.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/analysis/best_tables.h"
#include "client/view/analysis/race_text.h"
#include "client/view/format.h"
#include "client/view/table.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr size_t kMostProfileRows = 14;
constexpr size_t kMostProfiles = 12;

// The race of a group, and the group in it.
struct RacerPlace {
  const Race* race = nullptr;
  const Racer* racer = nullptr;
};

std::vector<RacerPlace> PlacesOf(const SweepAnalysis& analysis) {
  std::vector<RacerPlace> places(analysis.groups.size());
  for (const Race& race : analysis.races) {
    for (const Racer& racer : race.racers)
      places[racer.group] = {&race, &racer};
  }
  return places;
}

// Returns the group at its quoted goal, or null when it has none.
const AtGoal* QuotedOf(const RacerPlace& place) {
  if (place.racer == nullptr || !place.racer->quoted) return nullptr;
  return &place.racer->at[*place.racer->quoted];
}

bool AnyAt(const SweepAnalysis& analysis,
           const std::function<bool(const AtGoal&)>& predicate) {
  return absl::c_any_of(analysis.races, [&](const Race& race) {
    return absl::c_any_of(race.racers, [&](const Racer& racer) {
      return absl::c_any_of(racer.at, predicate);
    });
  });
}

std::string StepsOrDash(double steps) {
  return std::isinf(steps) ? kEmptyCell : StepsText(steps);
}

std::string SpeedUpCell(const AtGoal& at) {
  if (!at.speed_up.has_value()) {
    return at.arrived > 0 && !at.setting.has_value()
               ? absl::StrCat("arrives ", at.arrived, "/", at.repetitions)
               : kEmptyCell;
  }
  return absl::StrCat(
      FactorText(*at.speed_up), "x",
      at.interval ? absl::StrCat(" (", IntervalText(*at.interval), ")") : "");
}

// Returns the positions of the goals that are shown of a long profile. They are
// spread evenly and include the last one.
std::vector<size_t> ShownGoals(size_t count) {
  std::vector<size_t> shown;
  const size_t rows = std::min(count, kMostProfileRows);
  for (size_t i = 0; i < rows; ++i) {
    shown.push_back(rows == 1 ? count - 1 : i * (count - 1) / (rows - 1));
  }
  return shown;
}

std::string ProfileTable(const Race& race, const SweepAnalysis& analysis,
                         int width) {
  Table table;
  table.header = {MetricName(analysis.summary.metric)};
  for (const Racer& racer : race.racers) {
    const std::string name = racer.depth ? absl::StrCat("depth ", *racer.depth)
                                         : std::string("steps");
    table.header.push_back(name);
    if (&racer != &race.racers.front()) table.header.push_back("speed-up");
  }
  table.right.assign(table.header.size(), true);
  for (const size_t k : ShownGoals(race.goals.size())) {
    std::vector<std::string>& cells = table.rows.emplace_back();
    cells.push_back(NumberText(race.goals[k]));
    for (const Racer& racer : race.racers) {
      cells.push_back(StepsOrDash(racer.at[k].median));
      if (&racer != &race.racers.front()) {
        cells.push_back(SpeedUpCell(racer.at[k]));
      }
    }
  }
  return RenderTable(table, width);
}

}  // namespace

std::string RaceTable(const SweepAnalysis& analysis, int width) {
  const std::vector<RacerPlace> places = PlacesOf(analysis);
  if (absl::c_none_of(places, [](const RacerPlace& place) {
        return QuotedOf(place) != nullptr;
      })) {
    return "";
  }
  std::vector<GroupColumn> columns;
  const auto add =
      [&](std::string header,
          std::function<std::string(const RacerPlace&, const AtGoal&)> text) {
        columns.push_back({std::move(header), [&places, text](size_t group) {
                             const AtGoal* at = QuotedOf(places[group]);
                             return at == nullptr ? kEmptyCell
                                                  : text(places[group], *at);
                           }});
      };
  add("goal", [](const RacerPlace& place, const AtGoal&) {
    return NumberText(place.race->goals[*place.racer->quoted]);
  });
  for (size_t i = 0; i < analysis.summary.best_over.size(); ++i) {
    add(analysis.summary.best_over[i],
        [i](const RacerPlace&, const AtGoal& at) {
          return SettingText(at.values[i]);
        });
  }
  add("steps", [](const RacerPlace&, const AtGoal& at) {
    return StepsOrDash(at.median);
  });
  if (AnyAt(analysis, [](const AtGoal& at) { return at.repetitions > 1; })) {
    add("arrived", [](const RacerPlace&, const AtGoal& at) {
      return absl::StrCat(at.arrived, " of ", at.repetitions);
    });
    add("ERT", [](const RacerPlace&, const AtGoal& at) {
      return at.ert ? StepsText(*at.ert) : kEmptyCell;
    });
  }
  if (analysis.options.tuning) {
    add("whole grid", [](const RacerPlace&, const AtGoal& at) {
      return at.cost ? StepsText(*at.cost) : kEmptyCell;
    });
  }
  if (AnyAt(analysis, [](const AtGoal& at) { return !!at.speed_up; })) {
    add("speed-up", [](const RacerPlace&, const AtGoal& at) {
      return at.speed_up ? absl::StrCat(FactorText(*at.speed_up), "x")
                         : kEmptyCell;
    });
    add("95 % interval", [](const RacerPlace&, const AtGoal& at) {
      return at.interval ? IntervalText(*at.interval) : kEmptyCell;
    });
  }
  if (analysis.options.split) {
    add("held out", [](const RacerPlace&, const AtGoal& at) {
      return at.split ? absl::StrCat(FactorText({*at.split}), "x") : kEmptyCell;
    });
  }
  return absl::StrCat(
      "\nSteps to the lowest goal at which both arrive, each at "
      "its own best setting for that goal\n\n",
      RenderGroups(analysis, columns, width));
}

std::string ProfileTables(const SweepAnalysis& analysis, int width) {
  std::string text;
  size_t shown = 0;
  size_t left = 0;
  for (const Race& race : analysis.races) {
    if (race.goals.size() < 2 || race.racers.size() < 2) continue;
    if (shown == kMostProfiles) {
      ++left;
      continue;
    }
    ++shown;
    const std::string family = SettingsText(race.axes, race.values);
    absl::StrAppend(&text, "\nSteps by goal", family.empty() ? "" : ", ",
                    family, "\n\n", ProfileTable(race, analysis, width));
  }
  if (left > 0) {
    absl::StrAppend(&text, "... and ", left,
                    " more profiles; --json has them all\n");
  }
  return text;
}

std::string WhyText(int64_t sweep, const SweepAnalysis& analysis) {
  std::string text =
      "\nWhat the numbers rest on: sweep/trial, and steps to the goal\n\n";
  const auto line = [&](const std::vector<std::string>& axes,
                        const std::vector<v1::Value>& values,
                        const std::string& what,
                        const std::vector<std::string>& trials) {
    absl::StrAppend(&text, SettingsText(axes, values), axes.empty() ? "" : ", ",
                    what, ": ", absl::StrJoin(trials, ", "), "\n");
  };
  for (const Race& race : analysis.races) {
    for (const Racer& racer : race.racers) {
      if (!racer.quoted.has_value()) continue;
      const AtGoal& at = racer.at[*racer.quoted];
      std::vector<std::string> trials;
      for (size_t s = 0; s < at.trials.size(); ++s) {
        trials.push_back(absl::StrCat(sweep, "/", at.trials[s], " (",
                                      std::isinf(at.times[s])
                                          ? "does not arrive"
                                          : StepsText(at.times[s]),
                                      ")"));
      }
      const SummaryRow& row = analysis.summary.rows[racer.group];
      line(analysis.summary.by, row.group,
           absl::StrCat("to ", NumberText(race.goals[*racer.quoted]), " at ",
                        SettingsText(analysis.summary.best_over, at.values)),
           trials);
    }
  }
  for (const LevelComparison& comparison : analysis.levels) {
    for (const LevelOfGroup& level : comparison.groups) {
      std::vector<std::string> trials;
      for (const int64_t trial : level.trials) {
        trials.push_back(absl::StrCat(sweep, "/", trial));
      }
      if (trials.empty()) continue;
      line(analysis.summary.by, analysis.summary.rows[level.group].group,
           SettingsText(analysis.summary.best_over, level.settings), trials);
    }
  }
  return text;
}

}  // namespace fathom::client
