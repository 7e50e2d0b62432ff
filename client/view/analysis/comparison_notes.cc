#include "client/view/analysis/comparison_notes.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/analysis/race_text.h"
#include "client/view/format.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

// Starts that differ by more than this factor are noted.
constexpr double kSameStart = 1.01;
constexpr char kTryInit[] =
    "try init: {scheme: balanced} or identity, more steps, or larger learning "
    "rates";

std::string DepthOf(const Racer& racer) {
  return absl::StrCat("depth ", racer.depth.value_or(1));
}

// Returns the depths as a list: "depth 2", "depth 2 and 3", "depth 2, 3 and 4".
std::string DepthList(const std::vector<const Racer*>& racers) {
  std::vector<std::string> depths;
  for (const Racer* racer : racers) {
    depths.push_back(absl::StrCat(racer->depth.value_or(1)));
  }
  const std::string last = depths.back();
  depths.pop_back();
  return depths.empty() ? absl::StrCat("depth ", last)
                        : absl::StrCat("depth ", absl::StrJoin(depths, ", "),
                                       " and ", last);
}

std::vector<const Racer*> RacersThat(
    const Race& race, const std::function<bool(const Racer&)>& predicate) {
  std::vector<const Racer*> racers;
  for (const Racer& racer : race.racers) {
    if (predicate(racer)) racers.push_back(&racer);
  }
  return racers;
}

// Returns the first values of a group: "0.8974", or "0.8974 to 0.9012" where
// they differ.
std::string StartText(const Racer& racer) {
  const std::string least = MeasureText(*racer.least_first);
  const std::string largest = MeasureText(*racer.largest_first);
  return least == largest ? least : absl::StrCat(least, " to ", largest);
}

// Returns whether all groups start from the same values. Within a group the
// values may differ, as the starts of different seeds do.
bool StartAlike(const Race& race) {
  const Racer* first = nullptr;
  for (const Racer& racer : race.racers) {
    if (!racer.least_first.has_value()) continue;
    if (first == nullptr) first = &racer;
    const auto apart = [](double a, double b) {
      return std::max(a, b) > std::min(a, b) * kSameStart;
    };
    if (apart(*first->least_first, *racer.least_first) ||
        apart(*first->largest_first, *racer.largest_first)) {
      return false;
    }
  }
  return true;
}

std::string StartsNote(const Race& race) {
  if (!race.start.has_value() || StartAlike(race)) return "";
  std::vector<std::string> starts;
  for (const Racer& racer : race.racers) {
    if (!racer.least_first.has_value()) continue;
    starts.push_back(absl::StrCat(DepthOf(racer), " at ", StartText(racer)));
  }
  return absl::StrCat("the starts differ (", absl::StrJoin(starts, ", "),
                      "): goals from ", MeasureText(*race.start),
                      " up are not raced");
}

std::string FloorNote(const Race& race) {
  if (race.goals.empty() || !race.end || *race.end > race.floor.value)
    return "";
  return absl::StrCat("goals end at the floor of ",
                      MeasureText(race.floor.value),
                      ", below which rounding decides");
}

std::string RepetitionNote(const Race& race, const SweepAnalysis& analysis) {
  if (race.goals.empty()) return "";
  const auto count = static_cast<size_t>(race.repetitions);
  if (count >= kLeastForInterval) return "";
  return absl::StrCat(RepetitionText(race.repetitions, analysis.summary),
                      " of each: no interval (it takes ", kLeastForInterval,
                      ")");
}

// Returns what the edges of the grid mean for the quoted settings.
std::vector<std::string> EdgeNotes(const Race& race) {
  std::vector<std::string> notes;
  std::string resolution;
  for (const Racer& racer : race.racers) {
    if (!racer.quoted.has_value()) continue;
    for (const std::string& phrase : EdgePhrases(racer.edges)) {
      notes.push_back(absl::StrCat(DepthOf(racer), ": ", phrase));
    }
    const std::string its = ResolutionText(racer.edges);
    if (its.size() > resolution.size()) resolution = its;
    const AtGoal& at = racer.at[*racer.quoted];
    if (at.diverged > 0) {
      notes.push_back(absl::StrCat(
          DepthOf(racer), ": at the chosen setting ", at.diverged, " of ",
          CountText(at.repetitions, "trial"), " diverged later"));
    }
  }
  if (!resolution.empty()) notes.push_back(resolution);
  return notes;
}

}  // namespace

std::string NothingRaced(const Race& race, const SweepAnalysis& analysis) {
  const Racer& reference = race.racers.front();
  const char* label = FactsOf(analysis.summary.metric).label;
  if (!reference.least_first.has_value()) {
    return absl::StrCat("no comparison: ", DepthOf(reference),
                        " has no setting of which all trials are finished");
  }
  const auto with_trials = RacersThat(
      race, [](const Racer& racer) { return racer.least_first.has_value(); });
  if (absl::c_all_of(with_trials,
                     [](const Racer* racer) { return racer->never_left; })) {
    return absl::StrCat("no comparison: ", DepthList(with_trials),
                        " never left the start (the ", label,
                        " fell by less than 0.1 % in every trial); ", kTryInit);
  }
  if (!race.goals.empty()) return "";
  if (analysis.options.goal && *analysis.options.goal < *race.start) {
    return absl::StrCat(
        "no comparison: the goal ", NumberText(*analysis.options.goal),
        " lies below the floor of ", MeasureText(race.floor.value),
        ", where rounding decides");
  }
  if (!analysis.options.goal && reference.end &&
      *reference.end >= *reference.least_first) {
    return absl::StrCat("no comparison: ", DepthOf(reference),
                        " ends no lower than it starts (",
                        MeasureText(*reference.end), " against ",
                        StartText(reference), ")");
  }
  const double goal = analysis.options.goal.value_or(race.end.value_or(0));
  const auto below = RacersThat(race, [&](const Racer& racer) {
    return racer.least_first && *racer.least_first <= goal;
  });
  if (!below.empty()) {
    std::vector<std::string> starts;
    for (const Racer* racer : below) {
      starts.push_back(
          absl::StrCat(DepthOf(*racer), " at ", StartText(*racer)));
    }
    return absl::StrCat(
        "no comparison: ", absl::StrJoin(starts, ", "),
        below.size() == 1 ? " starts" : " start", " at or below ",
        analysis.options.goal ? "the goal" : "what depth ",
        analysis.options.goal
            ? ""
            : absl::StrCat(reference.depth.value_or(1), " reaches"),
        " (", MeasureText(goal), ")");
  }
  return absl::StrCat("no comparison: ", DepthOf(reference),
                      " hardly got below the common start of ",
                      MeasureText(*race.start));
}

std::string MissingText(
    const std::vector<std::pair<int64_t, std::string>>& groups,
    const SweepAnalysis& analysis) {
  int64_t expected = 0;
  int64_t finished = 0;
  int64_t failed = 0;
  std::vector<std::string> without;
  for (const auto& [group, name] : groups) {
    const GroupCounts& counts = analysis.groups[group].counts;
    expected += counts.expected;
    finished += counts.finished;
    failed += counts.failed;
    if (counts.complete_settings == 0) without.push_back(name);
  }
  if (finished == expected) return "";
  std::string text = absl::StrCat("rests on ", CountText(finished), " of ",
                                  CountText(expected, "trial"));
  if (failed > 0) absl::StrAppend(&text, " (", CountText(failed), " failed)");
  if (!without.empty()) {
    absl::StrAppend(&text, "; nothing is known of ",
                    absl::StrJoin(without, ", "),
                    ": no setting has all its trials finished");
  }
  return text;
}

std::vector<std::string> EdgePhrases(const std::vector<AxisEdge>& edges) {
  std::vector<std::string> phrases;
  for (const AxisEdge& edge : edges) {
    const std::string what =
        absl::StrCat(AxisLabel(edge.axis), " ", NumberText(edge.value));
    if (edge.is_tied()) {
      phrases.push_back(absl::StrCat(what, " is tied with others from ",
                                     NumberText(edge.tied_least), " to ",
                                     NumberText(edge.tied_most),
                                     ": only rounding tells them apart"));
    }
    // Where values at the edge tie, those beyond it promise no more.
    switch (edge.is_tied() ? AxisEdge::Kind::kInside : edge.kind) {
      case AxisEdge::Kind::kSmallest:
        phrases.push_back(
            absl::StrCat(what, " is the smallest tried, try smaller ones"));
        break;
      case AxisEdge::Kind::kLargest:
        phrases.push_back(
            absl::StrCat(what, " is the largest tried, try larger ones"));
        break;
      case AxisEdge::Kind::kOnly:
        phrases.push_back(absl::StrCat(what, " is the only one tried"));
        break;
      case AxisEdge::Kind::kInside:
        break;
    }
    for (const auto& [diverged, neighbour] :
         {std::pair(edge.below_diverged, edge.below),
          std::pair(edge.above_diverged, edge.above)}) {
      if (!diverged) continue;
      phrases.push_back(absl::StrCat(what, " lies next to ",
                                     NumberText(*neighbour),
                                     ", where a trial diverged"));
    }
  }
  return phrases;
}

std::string ResolutionText(const std::vector<AxisEdge>& edges) {
  std::vector<std::string> parts;
  for (const AxisEdge& edge : edges) {
    if (!edge.ratio.has_value()) continue;
    parts.push_back(absl::StrCat(AxisLabel(edge.axis), "s a factor ",
                                 absl::StrFormat("%.3g", *edge.ratio),
                                 " apart"));
  }
  return absl::StrJoin(parts, ", ");
}

std::vector<std::string> RaceNotes(const Race& race,
                                   const SweepAnalysis& analysis) {
  std::vector<std::string> notes;
  const auto add = [&](std::string note) {
    if (!note.empty()) notes.push_back(std::move(note));
  };
  add(StartsNote(race));
  const auto stuck =
      RacersThat(race, [](const Racer& racer) { return racer.never_left; });
  if (!stuck.empty() && stuck.size() < race.racers.size() &&
      !race.goals.empty()) {
    add(absl::StrCat(DepthList(stuck), " never left the start: ", kTryInit));
  }
  add(FloorNote(race));
  std::vector<std::pair<int64_t, std::string>> groups;
  for (const Racer& racer : race.racers) {
    groups.emplace_back(racer.group, DepthOf(racer));
  }
  add(MissingText(groups, analysis));
  add(RepetitionNote(race, analysis));
  for (std::string& note : EdgeNotes(race)) notes.push_back(std::move(note));
  return notes;
}

}  // namespace fathom::client
