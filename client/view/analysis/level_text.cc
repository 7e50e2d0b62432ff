// This file puts comparisons of depths by the value of a metric into words.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/analysis/comparison_notes.h"
#include "client/view/analysis/race_text.h"
#include "client/view/format.h"
#include "proto/sweep/facts/metrics.h"

namespace fathom::client {
namespace {

std::string DepthOf(const LevelOfGroup& level) {
  return absl::StrCat("depth ", level.depth.value_or(1));
}

// Returns how a group compares: "280x lower (0.0029 against 0.82; 95 % interval
// 150 to 400)".
std::string ComparedText(const LevelOfGroup& level, const LevelOfGroup& base,
                         bool is_ratio) {
  const double compared = *level.comparison;
  const bool lower = is_ratio ? compared < 1 : compared < 0;
  std::string text;
  if (level.verdict == Verdict::kTie) {
    text = "the same";
  } else if (is_ratio) {
    text = absl::StrCat(FactorText({lower ? 1 / compared : compared}), "x ",
                        lower ? "lower" : "higher");
  } else {
    text = absl::StrCat(MeasureText(lower ? -compared : compared),
                        lower ? " lower" : " higher");
  }
  absl::StrAppend(&text, " (", MeasureText(*level.value), " against ",
                  MeasureText(*base.value));
  if (level.interval.has_value()) {
    const Interval interval =
        is_ratio && lower
            ? Interval{1 / level.interval->high, 1 / level.interval->low}
            : *level.interval;
    absl::StrAppend(&text, "; 95 % interval ",
                    is_ratio ? IntervalText(interval)
                             : absl::StrCat(MeasureText(interval.low), " to ",
                                            MeasureText(interval.high)));
  }
  return absl::StrCat(text, ")");
}

std::string LevelLine(const LevelOfGroup& level, const LevelOfGroup& base,
                      bool is_ratio) {
  if (!level.value.has_value() || !base.value.has_value()) return "";
  if (!level.comparison.has_value()) {
    return absl::StrCat("  ", DepthOf(level), ": ", MeasureText(*level.value),
                        " against ", MeasureText(*base.value));
  }
  return absl::StrCat("  ", DepthOf(level), ": ",
                      ComparedText(level, base, is_ratio));
}

// Returns the values of the groups: "depth 1 12.30, depth 2 4.100".
std::string ValuesText(const LevelComparison& comparison) {
  std::vector<std::string> values;
  for (const LevelOfGroup& level : comparison.groups) {
    if (!level.value.has_value()) continue;
    values.push_back(
        absl::StrCat(DepthOf(level), " ", MeasureText(*level.value)));
  }
  return values.empty() ? "nothing is known yet" : absl::StrJoin(values, ", ");
}

std::string Heading(const LevelComparison& comparison,
                    const SweepSummary& summary) {
  const std::string family = SettingsText(comparison.axes, comparison.values);
  const std::string at =
      comparison.step == kAtTheEnd
          ? "at the end"
          : absl::StrCat("at step ", CountText(comparison.step));
  return absl::StrCat(family, family.empty() ? "" : ": ",
                      FactsOf(summary.metric).label, " ", at);
}

}  // namespace

std::vector<std::string> LevelLines(const LevelComparison& comparison,
                                    const SweepAnalysis& analysis) {
  if (comparison.groups.size() < 2) return {};
  const LevelOfGroup& base = comparison.groups.front();
  std::vector<std::string> lines;
  if (!comparison.is_compared) {
    lines.push_back(absl::StrCat(
        Heading(comparison, analysis.summary), ": ", ValuesText(comparison),
        analysis.summary.best_over.empty() ? ""
                                           : " (where the loss ends least)"));
  } else {
    lines.push_back(absl::StrCat(Heading(comparison, analysis.summary),
                                 ", against ", DepthOf(base)));
    for (size_t i = 1; i < comparison.groups.size(); ++i) {
      std::string line =
          LevelLine(comparison.groups[i], base, comparison.is_ratio);
      if (!line.empty()) lines.push_back(std::move(line));
    }
    if (!base.value.has_value()) {
      lines.push_back(absl::StrCat("  no comparison: ", DepthOf(base),
                                   " has no setting of which all trials have "
                                   "a value there"));
    }
  }
  std::vector<std::pair<int64_t, std::string>> groups;
  for (const LevelOfGroup& level : comparison.groups) {
    groups.emplace_back(level.group, DepthOf(level));
  }
  const std::string missing = MissingText(groups, analysis);
  if (!missing.empty()) lines.push_back(absl::StrCat("  ", missing));
  for (const LevelOfGroup& level : comparison.groups) {
    for (const std::string& phrase :
         EdgePhrases(analysis.groups[level.group].edges)) {
      lines.push_back(absl::StrCat("  ", DepthOf(level), ": ", phrase));
    }
  }
  if (comparison.is_compared &&
      static_cast<size_t>(comparison.repetitions) < kLeastForInterval) {
    lines.push_back(absl::StrCat(
        "  ", RepetitionText(comparison.repetitions, analysis.summary),
        " of each: no interval (it takes ", kLeastForInterval, ")"));
  }
  return lines;
}

std::string ComparisonText(const SweepAnalysis& analysis) {
  std::string text;
  const auto add = [&](const std::vector<std::string>& lines) {
    for (const std::string& line : lines) absl::StrAppend(&text, line, "\n");
  };
  for (const Race& race : analysis.races) add(RaceLines(race, analysis));
  for (const LevelComparison& comparison : analysis.levels) {
    add(LevelLines(comparison, analysis));
  }
  return text;
}

}  // namespace fathom::client
