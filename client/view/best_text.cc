#include "client/view/best_text.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/view/format.h"
#include "client/view/table.h"
#include "proto/sweep/fields.h"

namespace fathom {
namespace {

constexpr size_t kMostTextRows = 60;
// From this many repetitions on, the outer quantiles say something.
constexpr int64_t kManyRepetitions = 10;
constexpr size_t kMostNoted = 8;  // Groups in a note.
constexpr char kNothing[] = "-";

// A column of a table with a row per group.
struct Column {
  std::string header;
  std::function<std::string(const GroupBest&)> cell;
};

std::string RenderColumns(const BestReport& report,
                          const std::vector<Column>& columns) {
  Table table;
  for (size_t i = 0; i < report.summary.by.size(); ++i) {
    table.header.push_back(AxisLabel(report.summary.by[i]));
  }
  for (const Column& column : columns) table.header.push_back(column.header);
  table.right.assign(table.header.size(), true);
  for (const GroupBest& group : report.groups) {
    if (table.rows.size() == kMostTextRows) break;
    std::vector<std::string>& cells = table.rows.emplace_back();
    for (const v1::Value& value : group.group) {
      cells.push_back(SettingText(value));
    }
    for (const Column& column : columns) cells.push_back(column.cell(group));
  }
  std::string text = RenderTable(table);
  if (report.groups.size() > table.rows.size()) {
    absl::StrAppend(&text, "... and ",
                    CountText(static_cast<int64_t>(report.groups.size() -
                                                   table.rows.size()),
                              "more row"),
                    "; --json has them all\n");
  }
  return text;
}

std::string Mark(Bounded::Kind kind) {
  switch (kind) {
    case Bounded::Kind::kAtLeast:
      return "> ";
    case Bounded::Kind::kAtMost:
      return "< ";
    case Bounded::Kind::kExact:
      return "";
  }
  return "";
}

std::string StepText(const Bounded& step) {
  return absl::StrCat(Mark(step.kind), CountText(std::llround(step.value)));
}

// Three significant digits.
std::string FactorText(const Bounded& factor) {
  return absl::StrCat(
      Mark(factor.kind),
      factor.value < 9.995   ? absl::StrFormat("%.2f", factor.value)
      : factor.value < 99.95 ? absl::StrFormat("%.1f", factor.value)
                             : CountText(std::llround(factor.value)));
}

std::string RateSettingText(double rate) {
  v1::Value value;
  value.set_number(rate);
  return SettingText(value);
}

std::string DecadesText(double decades) {
  return absl::StrFormat("%.2f", decades);
}

// "5 seeds", or "5 trials" where more than the seed is averaged.
std::string RepetitionNoun(const SweepSummary& summary) {
  return summary.average_over == std::vector<std::string>{"seed"} ? "seed"
                                                                  : "trial";
}

int64_t MostRepetitions(const BestReport& report) {
  int64_t most = 0;
  for (const GroupBest& group : report.groups) {
    if (group.statistics) most = std::max(most, group.statistics->count);
  }
  return most;
}

std::string Heading(const v1::Sweep& sweep, const BestReport& report) {
  const SweepSummary& summary = report.summary;
  std::vector<std::string> over;
  for (const std::string& axis : summary.best_over) {
    over.push_back(AxisLabel(axis));
  }
  std::vector<std::string> by;
  for (const std::string& axis : summary.by) by.push_back(AxisLabel(axis));
  std::string text = absl::StrCat(
      sweep.spec().name(), " (sweep ", sweep.sweep_id(),
      "): ", over.empty() ? "" : "best ", absl::StrJoin(over, " and "),
      over.empty() ? "" : " by ", MetricLabel(summary.metric), " at step ",
      CountText(summary.steps.back()));
  if (!by.empty()) absl::StrAppend(&text, " per ", absl::StrJoin(by, " and "));
  const int64_t most = MostRepetitions(report);
  if (most > 1) {
    absl::StrAppend(&text, ", mean over ",
                    CountText(most, RepetitionNoun(summary)));
  }
  int64_t finished = 0;
  for (const GroupBest& group : report.groups) finished += group.finished;
  if (finished < report.trials) {
    absl::StrAppend(&text, "\nso far: ", CountText(finished), " of ",
                    CountText(report.trials, "trial"), " finished");
  }
  return text;
}

// A column with a figure of the statistics.
Column Figure(const char* header, double SampleStatistics::*figure) {
  return {header, [figure](const GroupBest& group) {
            return group.statistics ? MeasureText(*group.statistics.*figure)
                                    : kNothing;
          }};
}

// Adds how much up to `most` repetitions differ.
void AddSpread(int64_t most, std::vector<Column>* columns) {
  if (most < 2) return;
  columns->push_back(
      {"std error", [](const GroupBest& group) {
         const bool known =
             group.statistics && group.statistics->standard_error;
         return known ? MeasureText(*group.statistics->standard_error)
                      : kNothing;
       }});
  if (most >= kManyRepetitions) {
    columns->push_back(Figure("5 %", &SampleStatistics::p5));
    columns->push_back(Figure("25 %", &SampleStatistics::p25));
    columns->push_back(Figure("median", &SampleStatistics::median));
    columns->push_back(Figure("75 %", &SampleStatistics::p75));
    columns->push_back(Figure("95 %", &SampleStatistics::p95));
  } else {
    columns->push_back(Figure("least", &SampleStatistics::least));
    columns->push_back(Figure("median", &SampleStatistics::median));
    columns->push_back(Figure("most", &SampleStatistics::most));
  }
}

std::string BestTable(const BestReport& report) {
  const SweepSummary& summary = report.summary;
  std::vector<Column> columns;
  for (size_t i = 0; i < summary.best_over.size(); ++i) {
    columns.push_back(
        {AxisLabel(summary.best_over[i]), [i](const GroupBest& group) {
           return group.best ? SettingText(group.best->settings[i]) : kNothing;
         }});
  }
  const int64_t most = MostRepetitions(report);
  columns.push_back({most > 1 ? "mean" : MetricLabel(summary.metric),
                     [](const GroupBest& group) {
                       if (!group.best) return std::string(kNothing);
                       return absl::StrCat(
                           MeasureText(group.best->value),
                           group.best->diverged_later ? "*" : "",
                           group.best->stopped_earlier ? "+" : "");
                     }});
  AddSpread(most, &columns);
  columns.push_back({"diverged", [](const GroupBest& group) {
                       return absl::StrCat(CountText(group.diverged), " of ",
                                           CountText(group.finished));
                     }});
  const bool any_failed = absl::c_any_of(
      report.groups, [](const GroupBest& group) { return group.failed > 0; });
  if (any_failed) {
    columns.push_back({"failed", [](const GroupBest& group) {
                         return CountText(group.failed);
                       }});
  }
  std::string text = RenderColumns(report, columns);
  const auto any = [&](bool Best::*mark) {
    return absl::c_any_of(report.groups, [&](const GroupBest& group) {
      return group.best && *group.best.*mark;
    });
  };
  if (any(&Best::diverged_later)) absl::StrAppend(&text, "* diverged later\n");
  if (any(&Best::stopped_earlier)) {
    absl::StrAppend(&text, "+ stopped by a rule at an earlier step\n");
  }
  return text;
}

std::string SpeedUpNote(const BestReport& report) {
  const auto with = [&](auto predicate) {
    return absl::c_any_of(report.groups, [&](const GroupBest& group) {
      return group.speed_up.has_value() && predicate(*group.speed_up);
    });
  };
  if (with([](const SpeedUp& speed_up) { return !!speed_up.interval; })) {
    const bool paired =
        !with([](const SpeedUp& speed_up) { return !speed_up.paired; });
    return absl::StrCat("interval: percentiles over ", CountText(kResamples),
                        " resamples of the ", RepetitionNoun(report.summary),
                        "s", paired ? ", drawn alike for both depths\n" : "\n");
  }
  if (!with([](const SpeedUp&) { return true; })) return "";
  return MostRepetitions(report) > 1
             ? "too few curves get there: no interval\n"
             : absl::StrCat("one ", RepetitionNoun(report.summary),
                            ": no interval\n");
}

// Steps to epsilon and speed-ups; empty when there is no epsilon.
std::string ReachTable(const BestReport& report) {
  const bool any = absl::c_any_of(report.groups, [](const GroupBest& group) {
    return group.reach.has_value();
  });
  if (!any) return "";
  std::vector<Column> columns = {
      {"goal",
       [](const GroupBest& group) {
         return group.reach ? MeasureText(group.reach->epsilon) : kNothing;
       }},
      {"steps", [](const GroupBest& group) {
         return group.reach ? StepText(group.reach->mean_curve) : kNothing;
       }}};
  if (MostRepetitions(report) > 1) {
    columns.push_back({absl::StrCat("median ", RepetitionNoun(report.summary)),
                       [](const GroupBest& group) {
                         return group.reach ? StepText(group.reach->median)
                                            : kNothing;
                       }});
    columns.push_back({"not reached", [](const GroupBest& group) {
                         return group.reach ? absl::StrCat(
                                                  group.reach->censored, " of ",
                                                  group.reach->trials.size())
                                            : kNothing;
                       }});
  }
  const bool compares = absl::c_any_of(
      report.groups,
      [](const GroupBest& group) { return group.base_depth.has_value(); });
  if (compares) {
    columns.push_back(
        {"speed-up", [](const GroupBest& group) {
           return group.speed_up && group.speed_up->factor
                      ? absl::StrCat(FactorText(*group.speed_up->factor), "x")
                      : kNothing;
         }});
    columns.push_back({"95 % interval", [](const GroupBest& group) {
                         if (!group.speed_up || !group.speed_up->interval) {
                           return std::string(kNothing);
                         }
                         return absl::StrCat(
                             FactorText(group.speed_up->interval->low), " to ",
                             FactorText(group.speed_up->interval->high));
                       }});
  }
  return absl::StrCat(
      "\nSteps until the mean ", MetricLabel(report.summary.metric),
      report.epsilon ? absl::StrCat(" is at most ", NumberText(*report.epsilon))
                     : " is where the shallowest depth ends",
      "\n\n", RenderColumns(report, columns), SpeedUpNote(report));
}

// "depth = 1 (0.4)", or the rate alone.
std::string GroupAndRate(const BestReport& report, const GroupBest& group,
                         double rate) {
  const std::string name = SettingsText(report.summary.by, group.group);
  return name.empty() ? RateSettingText(rate)
                      : absl::StrCat(name, " (", RateSettingText(rate), ")");
}

// What to know about the bands beyond their rows.
std::string BandNotes(const BestReport& report) {
  std::vector<std::string> largest;
  std::vector<std::string> smallest;
  std::vector<std::string> gaps;
  for (const GroupBest& group : report.groups) {
    if (!group.band.has_value()) continue;
    const StableBand& band = *group.band;
    if (band.best_edge == StableBand::Edge::kLargest) {
      largest.push_back(GroupAndRate(report, group, band.rates.back().rate));
    }
    if (band.best_edge == StableBand::Edge::kSmallest) {
      smallest.push_back(GroupAndRate(report, group, band.rates.front().rate));
    }
    if (band.has_gap) {
      gaps.push_back(GroupAndRate(report, group, *band.largest));
    }
  }
  std::string text;
  const auto add = [&](const char* what, std::vector<std::string> where) {
    if (where.empty()) return;
    if (where.size() > kMostNoted) {
      const size_t more = where.size() - kMostNoted;
      where.resize(kMostNoted);
      where.push_back(absl::StrCat("and ", more, " more"));
    }
    absl::StrAppend(&text, what, ": ", absl::StrJoin(where, "; "), "\n");
  };
  add("the best learning rate is the largest tried, try larger ones", largest);
  add("the best learning rate is the smallest tried, try smaller ones",
      smallest);
  add("a rate below the largest stable one diverged", gaps);
  return text;
}

// "12,300", or "9,622 to 12,300" where several diverged at different steps.
std::string DivergenceText(const RateOutcome& outcome) {
  const std::string first = CountText(outcome.first_divergence.value_or(0));
  const std::string last = CountText(outcome.last_divergence.value_or(0));
  return first == last ? first : absl::StrCat(first, " to ", last);
}

std::string BandTable(const BestReport& report) {
  const auto column =
      [](const char* header,
         std::function<std::string(const StableBand&)> text) -> Column {
    return {header, [text = std::move(text)](const GroupBest& group) {
              return group.band ? text(*group.band) : kNothing;
            }};
  };
  const auto rate = [](std::optional<double> StableBand::*of) {
    return [of](const StableBand& band) {
      return band.*of ? RateSettingText(*(band.*of)) : kNothing;
    };
  };
  const bool any = absl::c_any_of(report.groups, [](const GroupBest& group) {
    return group.band.has_value();
  });
  if (!any) return "";
  const std::vector<Column> columns = {
      column("from", rate(&StableBand::smallest)),
      column("to", rate(&StableBand::largest)),
      column("decades",
             [](const StableBand& band) {
               return band.largest ? DecadesText(band.decades) : kNothing;
             }),
      column("diverges at",
             [](const StableBand& band) {
               return band.divergent ? RateSettingText(band.divergent->rate)
                                     : kNothing;
             }),
      column("at step",
             [](const StableBand& band) {
               return band.divergent ? DivergenceText(*band.divergent)
                                     : kNothing;
             }),
      column("within 2x of best", [](const StableBand& band) {
        if (!band.near_low.has_value()) return std::string(kNothing);
        if (band.near_low == band.near_high) {
          return RateSettingText(*band.near_low);
        }
        return absl::StrCat(RateSettingText(*band.near_low), " to ",
                            RateSettingText(*band.near_high), " (",
                            DecadesText(band.near_decades), ")");
      })};
  return absl::StrCat(
      "\nStable learning rates: no trial diverged or failed\n\n",
      RenderColumns(report, columns), BandNotes(report));
}

}  // namespace

std::string BestText(const v1::Sweep& sweep, const BestReport& report) {
  return absl::StrCat(Heading(sweep, report), "\n\n", BestTable(report),
                      ReachTable(report), BandTable(report));
}

}  // namespace fathom
