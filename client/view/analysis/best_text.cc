#include "client/view/analysis/best_text.h"

#include <algorithm>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/view/analysis/best_tables.h"
#include "client/view/analysis/race_text.h"
#include "client/view/analysis/summary_text.h"
#include "client/view/format.h"
#include "client/view/table.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr size_t kMostBestRows = 60;
// From this many repetitions on, the outer quantiles mean something.
constexpr int64_t kManyRepetitions = 10;

int64_t MostRepetitions(const SweepAnalysis& analysis) {
  int64_t most = 0;
  for (const GroupAnalysis& group : analysis.groups) {
    if (group.statistics) most = std::max(most, group.statistics->count);
  }
  return most;
}

std::string Heading(const v1::Sweep& sweep, const SweepAnalysis& analysis) {
  const SweepSummary& summary = analysis.summary;
  std::vector<std::string> over;
  for (const std::string& axis : summary.best_over) {
    over.push_back(AxisLabel(axis));
  }
  std::vector<std::string> by;
  for (const std::string& axis : summary.by) by.push_back(AxisLabel(axis));
  const int64_t step = summary.steps.back();
  std::string text = absl::StrCat(
      sweep.spec().name(), " (sweep ", sweep.sweep_id(),
      "): ", over.empty() ? "" : "best ", absl::StrJoin(over, " and "),
      over.empty() ? "" : " by ", FactsOf(summary.metric).label,
      step == kAtTheEnd ? " at the end of each trial"
                        : absl::StrCat(" at step ", CountText(step)));
  if (!by.empty()) absl::StrAppend(&text, " per ", absl::StrJoin(by, " and "));
  const int64_t most = MostRepetitions(analysis);
  if (most > 1) {
    absl::StrAppend(&text, ", mean over ", RepetitionText(most, summary));
  }
  return absl::StrCat(text, "\n", SoFarText(analysis));
}

// Adds a column with one of the figures of the statistics.
void AddFigure(const SweepAnalysis& analysis, const char* header,
               double SampleStatistics::*figure,
               std::vector<GroupColumn>* columns) {
  columns->push_back(
      {header, [&analysis, figure](size_t group) {
         const auto& statistics = analysis.groups[group].statistics;
         return statistics ? MeasureText(*statistics.*figure) : kEmptyCell;
       }});
}

// Adds columns that show how much the repetitions differ, of which a setting
// has up to `most`.
void AddSpread(const SweepAnalysis& analysis, int64_t most,
               std::vector<GroupColumn>* columns) {
  if (most < 2) return;
  columns->push_back(
      {"std error", [&analysis](size_t group) {
         const auto& statistics = analysis.groups[group].statistics;
         if (!statistics || !statistics->standard_error) {
           return std::string(kEmptyCell);
         }
         // Below the floor the error would only be that of rounding.
         return statistics->mean <= analysis.summary.rows[group].floor
                    ? std::string("0")
                    : MeasureText(*statistics->standard_error);
       }});
  if (most >= kManyRepetitions) {
    AddFigure(analysis, "5 %", &SampleStatistics::p5, columns);
    AddFigure(analysis, "25 %", &SampleStatistics::p25, columns);
    AddFigure(analysis, "median", &SampleStatistics::median, columns);
    AddFigure(analysis, "75 %", &SampleStatistics::p75, columns);
    AddFigure(analysis, "95 %", &SampleStatistics::p95, columns);
  } else {
    AddFigure(analysis, "least", &SampleStatistics::least, columns);
    AddFigure(analysis, "median", &SampleStatistics::median, columns);
    AddFigure(analysis, "most", &SampleStatistics::most, columns);
  }
}

void AddCounts(const SweepAnalysis& analysis,
               std::vector<GroupColumn>* columns) {
  columns->push_back({"diverged", [&analysis](size_t group) {
                        const GroupCounts& counts =
                            analysis.groups[group].counts;
                        return absl::StrCat(CountText(counts.diverged), " of ",
                                            CountText(counts.finished));
                      }});
  if (absl::c_none_of(analysis.groups, [](const GroupAnalysis& group) {
        return group.counts.failed > 0;
      })) {
    return;
  }
  columns->push_back({"failed", [&analysis](size_t group) {
                        return CountText(analysis.groups[group].counts.failed);
                      }});
}

std::string BestTable(const SweepAnalysis& analysis, int width) {
  const SweepSummary& summary = analysis.summary;
  const auto best_of = [&summary](size_t group) -> const std::optional<Best>& {
    return summary.rows[group].best.back();
  };
  std::vector<GroupColumn> columns;
  for (size_t i = 0; i < summary.best_over.size(); ++i) {
    columns.push_back({summary.best_over[i], [best_of, i](size_t group) {
                         return best_of(group)
                                    ? SettingText(best_of(group)->settings[i])
                                    : kEmptyCell;
                       }});
  }
  const int64_t most = MostRepetitions(analysis);
  columns.push_back(
      {most > 1 ? std::string("mean") : MetricName(summary.metric),
       [best_of](size_t group) {
         const std::optional<Best>& best = best_of(group);
         return best ? absl::StrCat(MeasureText(best->value),
                                    best->diverged_later ? "*" : "",
                                    best->stopped_earlier ? "+" : "")
                     : kEmptyCell;
       }});
  AddSpread(analysis, most, &columns);
  AddCounts(analysis, &columns);
  std::string text = RenderGroups(analysis, columns, width);
  const auto any = [&](bool Best::*mark) {
    return absl::c_any_of(summary.rows, [&](const SummaryRow& row) {
      return row.best.back() && *row.best.back().*mark;
    });
  };
  if (any(&Best::diverged_later)) absl::StrAppend(&text, "* diverged later\n");
  if (any(&Best::stopped_earlier)) {
    absl::StrAppend(&text, "+ stopped by a rule at an earlier step\n");
  }
  return text;
}

}  // namespace

std::string RenderGroups(const SweepAnalysis& analysis,
                         const std::vector<GroupColumn>& columns, int width) {
  Table table;
  for (const std::string& axis : analysis.summary.by) {
    table.header.push_back(axis);
  }
  for (const GroupColumn& column : columns) {
    table.header.push_back(column.header);
  }
  table.keys = analysis.summary.by.size();
  table.right.assign(table.header.size(), true);
  const size_t groups = analysis.summary.rows.size();
  for (size_t i = 0; i < std::min(groups, kMostBestRows); ++i) {
    std::vector<std::string>& cells = table.rows.emplace_back();
    for (const v1::Value& value : analysis.summary.rows[i].group) {
      cells.push_back(SettingText(value));
    }
    for (const GroupColumn& column : columns) cells.push_back(column.cell(i));
  }
  std::string text = RenderTable(table, width);
  if (groups > kMostBestRows) {
    absl::StrAppend(
        &text, "... and ",
        CountText(static_cast<int64_t>(groups - kMostBestRows), "more row"),
        "; --json has them all\n");
  }
  return text;
}

std::string BestText(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                     bool why, int width) {
  const std::string compared = ComparisonText(analysis);
  return absl::StrCat(
      Heading(sweep, analysis), "\n", BestTable(analysis, width),
      compared.empty() ? EdgeNotes(analysis) : "\n", compared,
      RaceTable(analysis, width), ProfileTables(analysis, width),
      BandTable(analysis, width),
      why ? WhyText(sweep.sweep_id(), analysis) : "");
}

}  // namespace fathom::client
