#include "client/view/summary_text.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/analysis/speedup.h"
#include "client/analysis/statistics.h"
#include "client/view/format.h"
#include "client/view/message_json.h"
#include "client/view/speedup_text.h"
#include "client/view/table.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"

namespace fathom {
namespace {

constexpr size_t kMostTextRows = 60;
constexpr char kDivergedMark[] = "*";
constexpr char kStoppedMark[] = "+";

// Which marks a table has.
struct Marks {
  bool diverged = false;
  bool stopped = false;
  bool errors = false;
};

// " ±0.0012", where there is more than one trial.
std::string ErrorText(const Best& best) {
  const std::optional<double> error = StandardError(best.values);
  if (!error.has_value()) return "";
  return absl::StrCat(" ±",
                      absl::StripSuffix(absl::StrFormat("%#.2g", *error), "."));
}

std::string Heading(const v1::Sweep& sweep, const SweepSummary& summary) {
  std::vector<std::string> what;
  for (const std::string& axis : summary.best_over) {
    what.push_back(AxisLabel(axis));
  }
  what.push_back(MetricLabel(summary.metric));
  std::vector<std::string> steps;
  for (const int64_t step : summary.steps) steps.push_back(CountText(step));
  std::string text =
      absl::StrCat(sweep.spec().name(), " (sweep ", sweep.sweep_id(),
                   "): ", summary.best_over.empty() ? "" : "best ",
                   absl::StrJoin(what, " and "),
                   steps.size() == 1 ? " at step " : " at steps ",
                   absl::StrJoin(steps, " / "));
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
  for (const std::string& axis : summary.by) add_column(AxisLabel(axis), true);
  for (const int64_t step : summary.steps) {
    add_column(absl::StrCat("step ", CountText(step)), true);
    for (const std::string& axis : summary.best_over) {
      add_column(AxisLabel(axis), true);
    }
  }
  for (const SummaryRow& row : summary.rows) {
    if (table.rows.size() == kMostTextRows) break;
    std::vector<std::string>& cells = table.rows.emplace_back();
    for (const v1::Value& value : row.group) {
      cells.push_back(SettingText(value));
    }
    for (const std::optional<Best>& best : row.best) {
      if (!best.has_value()) {
        cells.resize(cells.size() + 1 + summary.best_over.size(), "-");
        continue;
      }
      // The mark keeps the digits of a column in line.
      cells.push_back(absl::StrCat(
          MeasureText(best->value), best->diverged_later ? kDivergedMark : "",
          best->stopped_earlier ? kStoppedMark : "", ErrorText(*best)));
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

// The columns of the view `results` that hold an axis of their own.
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

// The trial with the smallest value of all at the last step.
int64_t BestTrial(const SweepSummary& summary) {
  const Best* least = nullptr;
  for (const SummaryRow& row : summary.rows) {
    const std::optional<Best>& best = row.best.back();
    if (best.has_value() && (least == nullptr || best->value < least->value)) {
      least = &*best;
    }
  }
  return least == nullptr ? 0 : least->trials.front();
}

nlohmann::ordered_json DepthJson(const DepthComparison& comparison) {
  nlohmann::ordered_json group = nlohmann::ordered_json::object();
  for (size_t i = 0; i < comparison.axes.size(); ++i) {
    group[comparison.axes[i]] = ToJson(comparison.values[i]);
  }
  nlohmann::ordered_json deeper = nlohmann::ordered_json::array();
  for (const DepthOutcome& outcome : comparison.deeper) {
    deeper.push_back({{"depth", outcome.depth},
                      {"value", NumberOrNull(outcome.last_value)},
                      {"reached_step", NumberOrNull(outcome.reached_step)},
                      {"factor", NumberOrNull(outcome.factor)}});
  }
  return {{"by", group},
          {"base_depth", comparison.base_depth},
          {"base_value", NumberOrNull(comparison.base_value)},
          {"step", comparison.last_step},
          {"base_step", NumberOrNull(comparison.base_step)},
          {"deeper", deeper}};
}

}  // namespace

std::string SummaryText(const v1::Sweep& sweep, const SweepSummary& summary) {
  Marks marks;
  const Table table = SummaryTable(summary, &marks);
  std::string text =
      absl::StrCat(Heading(sweep, summary), "\n\n", RenderTable(table));
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
  const std::vector<DepthComparison> comparisons = CompareDepths(summary);
  if (!comparisons.empty()) absl::StrAppend(&text, "\n");
  for (const DepthComparison& comparison : comparisons) {
    absl::StrAppend(&text, ComparisonText(comparison, summary.metric), "\n");
  }
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

nlohmann::ordered_json SummaryJson(const SweepSummary& summary) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const SummaryRow& row : summary.rows) {
    nlohmann::ordered_json group = nlohmann::ordered_json::object();
    for (size_t i = 0; i < row.group.size(); ++i) {
      group[summary.by[i]] = ToJson(row.group[i]);
    }
    nlohmann::ordered_json steps = nlohmann::ordered_json::array();
    for (size_t i = 0; i < row.best.size(); ++i) {
      nlohmann::ordered_json step = {{"step", summary.steps[i]},
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
  nlohmann::ordered_json depths = nlohmann::ordered_json::array();
  for (const DepthComparison& comparison : CompareDepths(summary)) {
    depths.push_back(DepthJson(comparison));
  }
  return {{"metric", MetricName(summary.metric)},
          {"average_over", summary.average_over},
          {"steps", summary.steps},
          {"rows", rows},
          {"depth", depths}};
}

}  // namespace fathom
