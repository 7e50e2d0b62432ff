#include "client/view/analysis/race_text.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/analysis/comparison_notes.h"
#include "client/view/format.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"

namespace fathom::client {
namespace {

// Returns a goal; goals have three significant digits.
std::string GoalText(double goal) { return NumberText(goal); }

std::string DepthText(const Racer& racer) {
  return absl::StrCat("depth ", racer.depth.value_or(1));
}

// Returns a speed-up in words: "2.2x faster", "2.0x slower".
std::string TimesText(double speed_up) {
  const bool faster = speed_up >= 1;
  return absl::StrCat(FactorText({faster ? speed_up : 1 / speed_up}), "x ",
                      faster ? "faster" : "slower");
}

// Returns the interval in the direction that TimesText gives the speed-up.
std::string TimesInterval(double speed_up, const Interval& interval) {
  const Interval turned =
      speed_up >= 1 ? interval : Interval{1 / interval.high, 1 / interval.low};
  return absl::StrCat("95 % interval ", IntervalText(turned));
}

// Returns how a group compares at the quoted goal: "2.2x faster to 0.145 (1,820
// against 3,990 steps; 95 % interval 2.1 to 2.3)".
std::string QuotedText(const Racer& racer, const Racer& reference,
                       double goal) {
  const AtGoal& at = racer.at[*racer.quoted];
  const AtGoal& base = reference.at[*racer.quoted];
  // Without a speed-up trials are missing, so that not even a bound is known.
  if (!at.speed_up.has_value()) {
    return absl::StrCat("undecided to ", GoalText(goal),
                        ", as trials are missing");
  }
  const double speed_up = at.speed_up->value;
  const auto steps = [](const AtGoal& of) {
    return StepsText(of.cost.value_or(of.median));
  };
  std::string text;
  if (at.verdict == Verdict::kTie) {
    text = absl::StrCat("as fast to ", GoalText(goal), " (",
                        FactorText({speed_up}), "x; ");
  } else if (at.verdict == Verdict::kNone) {
    // The missing trials could reverse the result.
    text = absl::StrCat("undecided to ", GoalText(goal), " (so far ",
                        FactorText({speed_up}), "x; ");
  } else {
    const bool bound = at.speed_up->kind != Bounded::Kind::kExact;
    text = absl::StrCat(bound ? "at least " : "", TimesText(speed_up), " to ",
                        GoalText(goal), " (");
  }
  absl::StrAppend(&text, steps(at), " against ", steps(base), " steps",
                  at.cost ? " of the whole grid" : "");
  if (at.interval.has_value()) {
    const double turn = at.verdict == Verdict::kTie ? 1 : speed_up;
    absl::StrAppend(&text, "; ", TimesInterval(turn, *at.interval));
  }
  if (at.split.has_value()) {
    absl::StrAppend(&text, "; on held-out repetitions ",
                    FactorText({*at.split}), "x");
  }
  return absl::StrCat(text, ")");
}

// A stretch of neighbouring goals with the same verdict.
struct Stretch {
  Verdict verdict = Verdict::kNone;
  size_t first = 0;
  size_t last = 0;
};

std::vector<Stretch> StretchesOf(const Racer& racer) {
  std::vector<Stretch> stretches;
  for (size_t k = 0; k < racer.at.size(); ++k) {
    const Verdict verdict = racer.at[k].verdict;
    if (stretches.empty() || stretches.back().verdict != verdict) {
      stretches.push_back({verdict, k, k});
    }
    stretches.back().last = k;
  }
  return stretches;
}

std::string VerdictWord(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFaster:
      return "faster";
    case Verdict::kSlower:
      return "slower";
    case Verdict::kTie:
      return "as fast";
    case Verdict::kAhead:
      return "alone in arriving";
    case Verdict::kBehind:
      return "not arriving";
    default:
      return "undecided";
  }
}

// Returns the profile above the stretch that holds the quoted goal: "slower
// above 0.31, as fast from 0.31 to 0.2".
std::string ProfileText(const Race& race, const Racer& racer) {
  constexpr size_t kMostStretches = 4;
  const std::vector<Stretch> stretches = StretchesOf(racer);
  std::vector<std::string> parts;
  for (const Stretch& stretch : stretches) {
    if (racer.quoted && stretch.last >= *racer.quoted) {
      if (stretches.size() > 1 && stretch.first > 0) {
        parts.push_back(absl::StrCat(VerdictWord(stretch.verdict), " from ",
                                     GoalText(race.goals[stretch.first]),
                                     " down"));
      }
      break;
    }
    const double low = race.goals[stretch.last];
    const double high = race.goals[stretch.first];
    parts.push_back(low == high ? absl::StrCat(VerdictWord(stretch.verdict),
                                               " at ", GoalText(low))
                    : stretch.first == 0
                        ? absl::StrCat(VerdictWord(stretch.verdict),
                                       " down to ", GoalText(low))
                        : absl::StrCat(VerdictWord(stretch.verdict), " from ",
                                       GoalText(high), " to ", GoalText(low)));
  }
  if (parts.size() > kMostStretches) {
    const size_t more = parts.size() - kMostStretches;
    parts.resize(kMostStretches);
    parts.push_back(absl::StrCat("and ", more, " more changes"));
  }
  return absl::StrJoin(parts, ", ");
}

// Returns what happens below the quoted goal: "does not reach 0.145 (ends at
// 0.16)".
std::string BelowText(const Race& race, const Racer& racer,
                      const SweepSummary& summary) {
  const size_t from = racer.quoted ? *racer.quoted + 1 : 0;
  for (size_t k = from; k < racer.at.size(); ++k) {
    const AtGoal& at = racer.at[k];
    const std::string goal = GoalText(race.goals[k]);
    if (at.verdict == Verdict::kAhead) {
      return absl::StrCat(
          "reaches ", goal, ", which ", DepthText(race.racers[0]), " does not",
          at.speed_up->value > 1.05
              ? absl::StrCat(" (", FactorText(*at.speed_up), "x faster)")
              : "");
    }
    if (at.setting.has_value()) continue;
    if (at.arrived > 0) {
      return absl::StrCat("reaches ", goal, " with ", at.arrived, " of ",
                          RepetitionText(at.repetitions, summary), " at best");
    }
    return absl::StrCat(
        "does not reach ", goal,
        racer.end ? absl::StrCat(" (ends at ", MeasureText(*racer.end), ")")
                  : "");
  }
  return "";
}

std::string RacerLine(const Race& race, const Racer& racer,
                      const SweepSummary& summary) {
  std::vector<std::string> parts;
  if (racer.quoted.has_value()) {
    parts.push_back(
        QuotedText(racer, race.racers[0], race.goals[*racer.quoted]));
    const std::string profile = ProfileText(race, racer);
    if (!profile.empty()) parts.push_back(profile);
  }
  const std::string below = BelowText(race, racer, summary);
  if (!below.empty()) parts.push_back(below);
  if (racer.end && race.racers[0].end && *racer.end < race.end &&
      *racer.end * 1.05 < *race.racers[0].end) {
    parts.push_back(absl::StrCat("goes on to ", MeasureText(*racer.end)));
  }
  if (parts.empty()) return "";
  return absl::StrCat("  ", DepthText(racer), ": ", absl::StrJoin(parts, "; "));
}

// Returns the heading of a race: "p = 4: steps to a given loss, against depth
// 1".
std::string RaceHeading(const Race& race, const SweepSummary& summary) {
  const std::string family = SettingsText(race.axes, race.values);
  return absl::StrCat(family, family.empty() ? "" : ": ", "steps to a given ",
                      FactsOf(summary.metric).label, ", against ",
                      DepthText(race.racers[0]));
}

}  // namespace

std::string FactorText(const Bounded& factor) {
  const char* mark = factor.kind == Bounded::Kind::kAtLeast  ? "> "
                     : factor.kind == Bounded::Kind::kAtMost ? "< "
                                                             : "";
  if (std::isinf(factor.value)) return absl::StrCat(mark, "infinity");
  return absl::StrCat(
      mark, factor.value < 0.1     ? absl::StrFormat("%.2g", factor.value)
            : factor.value < 9.995 ? absl::StrFormat("%.2f", factor.value)
            : factor.value < 99.95 ? absl::StrFormat("%.1f", factor.value)
                                   : CountText(std::llround(factor.value)));
}

std::string IntervalText(const Interval& interval) {
  return absl::StrCat(FactorText({interval.low}), " to ",
                      FactorText({interval.high}));
}

std::string StepsText(double steps) { return CountText(std::llround(steps)); }

std::string RepetitionText(int64_t count, const SweepSummary& summary) {
  return CountText(count,
                   summary.average_over == std::vector<std::string>{"seed"}
                       ? "seed"
                       : "trial");
}

std::vector<std::string> RaceLines(const Race& race,
                                   const SweepAnalysis& analysis) {
  if (race.racers.size() < 2) return {};
  const SweepSummary& summary = analysis.summary;
  std::vector<std::string> lines = {RaceHeading(race, summary)};
  const std::string nothing = NothingRaced(race, analysis);
  if (!nothing.empty()) {
    lines.push_back(absl::StrCat("  ", nothing));
  } else {
    for (size_t i = 1; i < race.racers.size(); ++i) {
      std::string line = RacerLine(race, race.racers[i], summary);
      if (!line.empty()) lines.push_back(std::move(line));
    }
  }
  for (const std::string& note : RaceNotes(race, analysis)) {
    lines.push_back(absl::StrCat("  ", note));
  }
  return lines;
}

}  // namespace fathom::client
