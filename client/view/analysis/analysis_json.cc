#include "client/view/analysis/analysis_json.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/view/analysis/race_text.h"
#include "client/view/message_json.h"
#include "proto/sweep/facts/metrics.h"

namespace fathom::client {
namespace {

using Json = nlohmann::ordered_json;

// Returns an end of an interval. JSON has no number for infinity.
Json EndJson(double end) {
  return std::isinf(end) ? Json("infinity") : Json(end);
}

Json FiniteOrNull(double number) {
  return std::isfinite(number) ? Json(number) : Json(nullptr);
}

Json BoundedJson(const std::optional<Bounded>& bounded) {
  if (!bounded.has_value()) return nullptr;
  const char* bound = bounded->kind == Bounded::Kind::kExact     ? "exact"
                      : bounded->kind == Bounded::Kind::kAtLeast ? "at_least"
                                                                 : "at_most";
  return {{"value", bounded->value}, {"bound", bound}};
}

Json IntervalJson(const std::optional<Interval>& interval) {
  if (!interval.has_value()) return nullptr;
  return Json::array({EndJson(interval->low), EndJson(interval->high)});
}

Json VerdictJson(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNone:
      return nullptr;
    case Verdict::kFaster:
      return "faster";
    case Verdict::kSlower:
      return "slower";
    case Verdict::kTie:
      return "tie";
    case Verdict::kAhead:
      return "ahead";
    case Verdict::kBehind:
      return "behind";
    case Verdict::kBetter:
      return "better";
    case Verdict::kWorse:
      return "worse";
  }
  return nullptr;
}

Json AtGoalJson(double goal, const AtGoal& at,
                const std::vector<std::string>& best_over) {
  Json trials = nullptr;
  Json times = nullptr;
  if (at.setting.has_value()) {
    trials = at.trials;
    times = Json::array();
    for (const double time : at.times) times.push_back(FiniteOrNull(time));
  }
  return {{"goal", goal},
          {"arrived", at.arrived},
          {"repetitions", at.repetitions},
          {"setting",
           at.setting ? SettingsJson(best_over, at.values) : Json(nullptr)},
          {"trials", trials},
          {"times", times},
          {"median", FiniteOrNull(at.median)},
          {"ert", NumberOrNull(at.ert)},
          {"cost", NumberOrNull(at.cost)},
          {"speed_up", BoundedJson(at.speed_up)},
          {"interval", IntervalJson(at.interval)},
          {"verdict", VerdictJson(at.verdict)},
          {"split", NumberOrNull(at.split)}};
}

Json RacerJson(const Race& race, const Racer& racer,
               const SweepAnalysis& analysis) {
  Json at = Json::array();
  for (size_t k = 0; k < racer.at.size(); ++k) {
    at.push_back(
        AtGoalJson(race.goals[k], racer.at[k], analysis.summary.best_over));
  }
  const bool is_reference = &racer == &race.racers.front();
  return {
      {"depth", racer.depth ? Json(*racer.depth) : Json(nullptr)},
      {"counts", CountsJson(analysis.groups[racer.group].counts)},
      {"first", racer.least_first ? Json{{"least", *racer.least_first},
                                         {"largest", *racer.largest_first}}
                                  : Json(nullptr)},
      {"end", NumberOrNull(racer.end)},
      {"never_left", racer.never_left},
      {"at", at},
      {"quoted", racer.quoted && !is_reference ? Json(race.goals[*racer.quoted])
                                               : Json(nullptr)}};
}

Json FloorJson(const Floor& floor) {
  return {{"value", floor.value},
          {"gap", floor.gap},
          {"difference", floor.difference},
          {"residuals", floor.residuals}};
}

Json LevelJson(const LevelOfGroup& level, const SweepAnalysis& analysis,
               bool is_ratio) {
  Json comparison = nullptr;
  if (level.comparison.has_value()) {
    comparison = {{"kind", is_ratio ? "ratio" : "difference"},
                  {"value", *level.comparison},
                  {"interval", IntervalJson(level.interval)}};
  }
  return {{"depth", level.depth ? Json(*level.depth) : Json(nullptr)},
          {"counts", CountsJson(analysis.groups[level.group].counts)},
          {"value", NumberOrNull(level.value)},
          {"setting", level.setting ? SettingsJson(analysis.summary.best_over,
                                                   level.settings)
                                    : Json(nullptr)},
          {"trials", level.setting ? Json(level.trials) : Json(nullptr)},
          {"comparison", comparison},
          {"verdict", VerdictJson(level.verdict)}};
}

}  // namespace

std::string UseName(v1::Metric metric) {
  switch (FactsOf(metric).use) {
    case MetricUse::kRaced:
      return "raced";
    case MetricUse::kLevel:
      return "level";
    case MetricUse::kShown:
      return "shown";
  }
  return "shown";
}

Json StepJson(int64_t step) {
  return step == kAtTheEnd ? Json(nullptr) : Json(step);
}

Json CountsJson(const GroupCounts& counts) {
  return {{"expected", counts.expected},
          {"finished", counts.finished},
          {"succeeded", counts.succeeded},
          {"diverged", counts.diverged},
          {"stopped", counts.stopped},
          {"failed", counts.failed},
          {"settings", counts.settings},
          {"complete_settings", counts.complete_settings}};
}

Json RacesJson(const SweepAnalysis& analysis) {
  Json races = Json::array();
  for (const Race& race : analysis.races) {
    Json racers = Json::array();
    for (const Racer& racer : race.racers) {
      racers.push_back(RacerJson(race, racer, analysis));
    }
    const Racer& reference = race.racers.front();
    races.push_back(
        {{"by", SettingsJson(race.axes, race.values)},
         {"reference",
          reference.depth ? Json(*reference.depth) : Json(nullptr)},
         {"start", NumberOrNull(race.start)},
         {"largest_start",
          race.start ? Json(race.largest_start) : Json(nullptr)},
         {"floor", race.start ? FloorJson(race.floor) : Json(nullptr)},
         {"end", NumberOrNull(race.end)},
         {"goals", race.goals},
         {"sentence", absl::StrJoin(RaceLines(race, analysis), "\n")},
         {"groups", racers}});
  }
  return races;
}

Json LevelsJson(const SweepAnalysis& analysis) {
  Json levels = Json::array();
  for (const LevelComparison& comparison : analysis.levels) {
    Json groups = Json::array();
    for (const LevelOfGroup& level : comparison.groups) {
      groups.push_back(LevelJson(level, analysis, comparison.is_ratio));
    }
    const LevelOfGroup& base = comparison.groups.front();
    levels.push_back(
        {{"by", SettingsJson(comparison.axes, comparison.values)},
         {"reference", base.depth ? Json(*base.depth) : Json(nullptr)},
         {"step", StepJson(comparison.step)},
         {"sentence", absl::StrJoin(LevelLines(comparison, analysis), "\n")},
         {"groups", groups}});
  }
  return levels;
}

}  // namespace fathom::client
