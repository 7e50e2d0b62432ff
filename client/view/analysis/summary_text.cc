#include "client/view/analysis/summary_text.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/analysis/statistics/statistics.h"
#include "client/view/analysis/analysis_json.h"
#include "client/view/analysis/comparison_notes.h"
#include "client/view/analysis/parts_text.h"
#include "client/view/analysis/race_text.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/table.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

constexpr size_t kMostSummaryRows = 60;
constexpr size_t kMostMissingNoted = 8;  // Most groups that a note names.
constexpr char kDivergedMark[] = "*";
constexpr char kStoppedMark[] = "+";

// The marks that a table has, which its legend explains.
struct Marks {
  bool diverged = false;
  bool stopped = false;
  bool errors = false;
};

// Returns the error behind a value: " ±0.0012", or "" where there is a single
// trial.
std::string ErrorText(const Best& best, double floor) {
  const std::optional<double> error = StandardError(best.values);
  if (!error.has_value()) return "";
  if (best.value <= floor) return " ±0";  // Only rounding.
  return absl::StrCat(" ", StandardErrorText(best.value, *error));
}

std::string Heading(const v1::Sweep& sweep, const SweepSummary& summary) {
  std::vector<std::string> what;
  for (const std::string& axis : summary.best_over) {
    what.push_back(AxisLabel(axis));
  }
  what.push_back(MetricLabel(summary.metric));
  std::vector<std::string> steps;
  for (const int64_t step : summary.steps) steps.push_back(CountText(step));
  const bool at_the_end = summary.steps[0] == kAtTheEnd;
  std::string text =
      absl::StrCat(sweep.spec().name(), " (sweep ", sweep.sweep_id(),
                   "): ", summary.best_over.empty() ? "" : "best ",
                   absl::StrJoin(what, " and "),
                   at_the_end          ? " at the end of each trial"
                   : steps.size() == 1 ? " at step "
                                       : " at steps ",
                   at_the_end ? "" : absl::StrJoin(steps, " / "));
  std::vector<std::string> by;
  for (const std::string& axis : summary.by) by.push_back(AxisLabel(axis));
  if (!by.empty()) absl::StrAppend(&text, " per ", absl::StrJoin(by, " and "));
  std::vector<std::string> mean;
  for (const std::string& axis : summary.average_over) {
    mean.push_back(AxisLabel(axis));
  }
  if (!mean.empty()) {
    absl::StrAppend(&text, ", mean over ", absl::StrJoin(mean, " and "));
  }
  return text;
}

Table SummaryTable(const SweepSummary& summary, Marks* marks) {
  Table table;
  const auto add_column = [&](std::string name, bool right) {
    table.header.push_back(std::move(name));
    table.right.push_back(right);
  };
  for (const std::string& axis : summary.by) add_column(axis, true);
  for (const int64_t step : summary.steps) {
    add_column(step == kAtTheEnd ? MetricName(summary.metric)
                                 : absl::StrCat("step ", CountText(step)),
               true);
    for (const std::string& axis : summary.best_over) add_column(axis, true);
  }
  for (const SummaryRow& row : summary.rows) {
    if (table.rows.size() == kMostSummaryRows) break;
    std::vector<std::string>& cells = table.rows.emplace_back();
    for (const v1::Value& value : row.group) {
      cells.push_back(SettingText(value));
    }
    for (const std::optional<Best>& best : row.best) {
      if (!best.has_value()) {
        cells.resize(cells.size() + 1 + summary.best_over.size(), "-");
        continue;
      }
      // The mark stands behind the digits, so that they stay aligned in their
      // column.
      cells.push_back(absl::StrCat(MeasureText(best->value),
                                   best->diverged_later ? kDivergedMark : "",
                                   best->stopped_earlier ? kStoppedMark : "",
                                   ErrorText(*best, row.floor)));
      marks->errors |= best->values.size() > 1;
      marks->diverged |= best->diverged_later;
      marks->stopped |= best->stopped_earlier;
      for (const v1::Value& value : best->settings) {
        cells.push_back(SettingText(value));
      }
    }
  }
  return table;
}

// Returns the column of the view `results` that has the values of an axis, or
// an expression where it has no such column.
std::string ResultColumn(const std::string& axis) {
  static constexpr const char* kColumns[] = {"depth", "lp", "learning_rate",
                                             "seed", "hidden_width"};
  if (absl::c_linear_search(kColumns, axis)) return axis;
  return absl::StrCat("json_extract(parameters, '$.\"", axis, "\"')");
}

std::string ColumnList(const std::vector<std::string>& axes) {
  std::vector<std::string> columns;
  for (const std::string& axis : axes) {
    const std::string column = ResultColumn(axis);
    columns.push_back(
        column == axis ? column : absl::StrCat(column, " AS \"", axis, "\""));
  }
  return columns.empty() ? ""
                         : absl::StrCat(absl::StrJoin(columns, ", "), ", ");
}

std::string OrderList(size_t axes) {
  std::vector<std::string> places;
  for (size_t i = 1; i <= axes; ++i) places.push_back(absl::StrCat(i));
  return absl::StrJoin(places, ", ");
}

// Returns the trial with the best value of all at the last step.
int64_t BestTrial(const SweepSummary& summary) {
  const MetricFacts& facts = FactsOf(summary.metric);
  const Best* best = nullptr;
  for (const SummaryRow& row : summary.rows) {
    const std::optional<Best>& last = row.best.back();
    if (last.has_value() &&
        (best == nullptr || IsBetter(facts, last->value, best->value))) {
      best = &*last;
    }
  }
  return best == nullptr ? 0 : best->trials.front();
}

}  // namespace

std::string SoFarText(const SweepAnalysis& analysis) {
  if (analysis.finished == analysis.trials) return "";
  return absl::StrCat("so far: ", CountText(analysis.finished), " of ",
                      CountText(analysis.trials, "trial"), " finished\n");
}

std::string EdgeNotes(const SweepAnalysis& analysis) {
  std::vector<std::string> notes;
  for (size_t i = 0; i < analysis.groups.size(); ++i) {
    const std::string group =
        SettingsText(analysis.summary.by, analysis.summary.rows[i].group);
    for (const std::string& phrase : EdgePhrases(analysis.groups[i].edges)) {
      notes.push_back(
          absl::StrCat(group, group.empty() ? "" : ": ", "best ", phrase));
    }
  }
  if (notes.size() > kMostMissingNoted) {
    const size_t more = notes.size() - kMostMissingNoted;
    notes.resize(kMostMissingNoted);
    notes.push_back(absl::StrCat("... and ", more, " more at an edge"));
  }
  return notes.empty() ? "" : absl::StrCat(absl::StrJoin(notes, "\n"), "\n");
}

std::string SummaryText(const v1::Sweep& sweep, const SweepAnalysis& analysis,
                        int width) {
  const SweepSummary& summary = analysis.summary;
  Marks marks;
  const Table table = SummaryTable(summary, &marks);
  std::string text =
      absl::StrCat(Heading(sweep, summary), "\n", SoFarText(analysis), "\n",
                   RenderTable(table, width));
  if (summary.rows.size() > table.rows.size()) {
    absl::StrAppend(
        &text, "... and ",
        CountText(static_cast<int64_t>(summary.rows.size() - table.rows.size()),
                  "more row"),
        "; --json has them all\n");
  }
  if (marks.diverged) {
    absl::StrAppend(&text, kDivergedMark, " diverged later\n");
  }
  if (marks.stopped) {
    absl::StrAppend(&text, kStoppedMark,
                    " stopped by a rule at an earlier step\n");
  }
  if (marks.errors) {
    absl::StrAppend(&text, "± standard error of the mean\n");
  }
  const std::string compared = ComparisonText(analysis);
  if (!compared.empty()) {
    absl::StrAppend(&text, "\n", compared);
  } else {
    absl::StrAppend(&text, EdgeNotes(analysis));
  }
  const std::string parts = PartsText(sweep.spec(), analysis, width);
  if (!parts.empty()) absl::StrAppend(&text, "\n", parts);
  return text;
}

std::vector<std::string> QueriesToTry(const v1::Sweep& sweep,
                                      const SweepSummary& summary) {
  const int64_t id = sweep.sweep_id();
  const std::string by = ColumnList(summary.by);
  const size_t axes = summary.by.size();
  std::vector<std::string> wanted = summary.by;
  wanted.insert(wanted.end(), summary.best_over.begin(),
                summary.best_over.end());
  return {
      absl::StrCat("SELECT ", by,
                   "state, count(*) AS trials FROM results WHERE sweep = ", id,
                   " GROUP BY ", OrderList(axes + 1)),
      absl::StrCat("SELECT ", ColumnList(wanted),
                   "min(final_loss) AS loss, steps FROM results WHERE sweep = ",
                   id, " AND state <> 'diverged'",
                   axes == 0 ? "" : " GROUP BY ", OrderList(axes)),
      absl::StrCat("SELECT step, value FROM metric_points WHERE sweep = ", id,
                   " AND trial = ", BestTrial(summary), " AND metric = '",
                   MetricName(summary.metric), "' ORDER BY step"),
  };
}

nlohmann::ordered_json SummaryJson(const SweepAnalysis& analysis) {
  const SweepSummary& summary = analysis.summary;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const SummaryRow& row : summary.rows) {
    nlohmann::ordered_json group = nlohmann::ordered_json::object();
    for (size_t i = 0; i < row.group.size(); ++i) {
      group[summary.by[i]] = ToJson(row.group[i]);
    }
    nlohmann::ordered_json steps = nlohmann::ordered_json::array();
    for (size_t i = 0; i < row.best.size(); ++i) {
      nlohmann::ordered_json step = {{"step", StepJson(summary.steps[i])},
                                     {"value", nullptr}};
      if (row.best[i].has_value()) {
        const Best& best = *row.best[i];
        nlohmann::ordered_json settings = nlohmann::ordered_json::object();
        for (size_t j = 0; j < best.settings.size(); ++j) {
          settings[summary.best_over[j]] = ToJson(best.settings[j]);
        }
        step["value"] = best.value;
        step["standard_error"] = NumberOrNull(StandardError(best.values));
        step["settings"] = settings;
        step["trials"] = best.trials;
        step["diverged_later"] = best.diverged_later;
        step["stopped_earlier"] = best.stopped_earlier;
      }
      steps.push_back(step);
    }
    rows.push_back({{"by", group}, {"best", steps}});
  }
  nlohmann::ordered_json at = nlohmann::ordered_json::array();
  for (const int64_t step : summary.steps) at.push_back(StepJson(step));
  nlohmann::ordered_json json = {{"metric", MetricName(summary.metric)},
                                 {"use", UseName(summary.metric)},
                                 {"average_over", summary.average_over},
                                 {"steps", at},
                                 {"trials", analysis.trials},
                                 {"finished", analysis.finished},
                                 {"rows", rows},
                                 {"races", RacesJson(analysis)},
                                 {"levels", LevelsJson(analysis)}};
  if (!analysis.parts.metrics.empty()) json["loss_parts"] = PartsJson(analysis);
  return json;
}

}  // namespace fathom::client
