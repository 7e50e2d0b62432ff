// Two sweeps, or two parts of one, side by side.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/analysis/difference.h"
#include "client/analysis/race/goals.h"
#include "client/analysis/summary.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/best_settings.h"
#include "client/ui/data/job_answer.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/planned.h"
#include "client/ui/data/question.h"
#include "client/view/format.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/metrics.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/names.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr size_t kMostComparedRows = 1000;

// One of the two sides.
struct Side {
  v1::Sweep sweep;  // With the plan that was asked for.
  ChosenTrials chosen;
  std::optional<double> goal;  // Steps to it are compared.
};

// What was found of a group on a side.
struct SideRow {
  std::string label;
  BestSettings::Setting setting;
};

absl::StatusOr<Side> LoadSide(UiState& state, const UiRequest& asked,
                              const std::string& side) {
  UiRequest renamed = asked;
  renamed.path = {"sweeps", TextOf(asked, side)};
  ASSIGN_OR_RETURN(v1::Sweep sweep, SweepOf(state, renamed));
  ASSIGN_OR_RETURN(ChosenTrials chosen,
                   ChooseTrials(state, asked, sweep, side + "_where"));
  ASSIGN_OR_RETURN(sweep, PlannedSweep(asked, std::move(sweep)));
  Side loaded = {std::move(sweep), std::move(chosen), std::nullopt};
  if (const std::string text = TextOf(asked, "steps_to"); !text.empty()) {
    double goal = 0;
    if (!absl::SimpleAtod(text, &goal) || !std::isfinite(goal)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "steps_to: found \"", Excerpt(text), "\", expected a number"));
    }
    loaded.goal = goal;
  }
  return loaded;
}

// Returns the value by which a trial is compared, where it has one.
std::optional<double> ComparedValue(const Side& side, const TrialCurve& curve) {
  const bool ended = curve.state == v1::TRIAL_STATE_SUCCEEDED ||
                     curve.state == v1::TRIAL_STATE_STOPPED;
  if (side.goal.has_value()) {
    return FirstSteps(curve.at, curve.values,
                      absl::MakeConstSpan(&*side.goal, 1))
        .front();
  }
  if (!ended || curve.values.empty()) return std::nullopt;
  return curve.values.back();
}

absl::StatusOr<std::vector<SideRow>> FindRows(Connection& connection,
                                              const Side& side,
                                              Jobs::Control& control,
                                              double from, double to) {
  const v1::SummarySpec plan = SummaryOf(side.sweep.spec());
  const Grouping grouping(side.sweep.spec(), plan);
  if (grouping.group_count() > kMostGroups) {
    return absl::InvalidArgumentError(
        absl::StrCat("by: there would be more than ", kMostGroups, " groups"));
  }
  const bool smaller =
      side.goal.has_value() ||
      FactsOf(plan.metric()).direction == MetricDirection::kSmaller;
  BestSettings settings(grouping, smaller);
  const ReadPlan read = {.sweep_id = side.sweep.sweep_id(),
                         .metric = plan.metric(),
                         .detail = side.goal.has_value()
                                       ? v1::CURVE_DETAIL_FULL
                                       : v1::CURVE_DETAIL_ENDS};
  RETURN_IF_ERROR(ReadChosen(
      connection, read, side.chosen, control,
      [&](const TrialCurve& curve) {
        settings.Add(curve.trial, ComparedValue(side, curve));
      },
      [&](double done) { control.Progress(from + (to - from) * done); }));
  std::vector<std::string> names;
  for (const std::string& path : plan.by()) {
    names.push_back(ShortFieldName(path));
  }
  std::vector<SideRow> rows;
  for (const auto& [group, setting] : settings.Best()) {
    const std::string label = SettingsText(names, grouping.GroupValues(group));
    rows.push_back({label.empty() ? "all" : label, *setting});
  }
  return rows;
}

nlohmann::ordered_json OptionalJson(const std::optional<double>& value) {
  return value.has_value() ? NumberJson(*value)
                           : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json MeanJson(const SideRow* row) {
  if (row == nullptr) return nullptr;
  const RunningMean& values = row->setting.values;
  return {{"mean", NumberJson(values.mean())},
          {"sem", OptionalJson(values.standard_error())},
          {"n", values.count()},
          {"trial", row->setting.example}};
}

nlohmann::ordered_json IntervalJson(const std::optional<double>& value,
                                    const std::optional<Interval>& interval) {
  if (!value.has_value()) return nullptr;
  nlohmann::ordered_json json = {
      {"value", NumberJson(*value)}, {"low", nullptr}, {"high", nullptr}};
  if (interval.has_value()) {
    json["low"] = NumberJson(interval->low);
    json["high"] = NumberJson(interval->high);
  }
  return json;
}

MeanOfSample SampleOf(const SideRow& row) {
  const RunningMean& values = row.setting.values;
  return {values.count(), values.mean(), values.standard_error()};
}

nlohmann::ordered_json ComparedRow(const std::string& label, const SideRow* a,
                                   const SideRow* b) {
  nlohmann::ordered_json row = {{"label", label},
                                {"a", MeanJson(a)},
                                {"b", MeanJson(b)},
                                {"difference", nullptr},
                                {"ratio", nullptr}};
  if (a == nullptr || b == nullptr) return row;
  const Difference found = DifferenceOfMeans(SampleOf(*a), SampleOf(*b));
  row["difference"] = IntervalJson(found.difference, found.interval);
  row["ratio"] = IntervalJson(found.ratio, found.ratio_interval);
  return row;
}

const SideRow* RowCalled(const std::vector<SideRow>& rows,
                         const std::string& label) {
  for (const SideRow& row : rows) {
    if (row.label == label) return &row;
  }
  return nullptr;
}

nlohmann::ordered_json Compared(const std::vector<SideRow>& a,
                                const std::vector<SideRow>& b,
                                const Side& side) {
  std::vector<std::string> labels;
  for (const SideRow& row : a) labels.push_back(row.label);
  for (const SideRow& row : b) {
    if (RowCalled(a, row.label) == nullptr) labels.push_back(row.label);
  }
  const v1::SummarySpec plan = SummaryOf(side.sweep.spec());
  std::vector<std::string> notes = {
      absl::StrCat("the best setting of each group by the mean of ",
                   side.goal.has_value()
                       ? absl::StrCat("the steps to ", *side.goal, " of ")
                       : std::string("the last "),
                   MetricLabel(plan.metric()),
                   "; settings with a trial that diverged, failed or has not "
                   "ended do not count"),
      "difference and ratio are second against first, of the means, with the "
      "interval of Welch"};
  if (labels.size() > kMostComparedRows) {
    notes.push_back(absl::StrCat("only the first ", kMostComparedRows, " of ",
                                 labels.size(), " groups are shown"));
    labels.resize(kMostComparedRows);
  }
  if (labels.empty()) {
    notes.push_back("no setting has a value for all of its trials yet");
  }
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const std::string& label : labels) {
    rows.push_back(
        ComparedRow(label, RowCalled(a, label), RowCalled(b, label)));
  }
  return {{"metric", MetricName(plan.metric())},
          {"rows", rows},
          {"notes", notes},
          {"done", 1}};
}

std::string NothingCompared(double done) {
  return PageText({{"rows", nlohmann::ordered_json::array()},
                   {"notes", nlohmann::ordered_json::array()},
                   {"done", std::min(done, 0.999)}});
}

}  // namespace

absl::StatusOr<UiResponse> AnswerCompare(UiState& state,
                                         const UiRequest& asked) {
  ASSIGN_OR_RETURN(Side a, LoadSide(state, asked, "a"));
  ASSIGN_OR_RETURN(Side b, LoadSide(state, asked, "b"));
  if (a.chosen.done < 1 || b.chosen.done < 1) {
    UiResponse response;
    response.body = NothingCompared(0);
    return response;
  }
  const std::string version =
      absl::StrCat(CoarseVersionOf(a.sweep), "/", CoarseVersionOf(b.sweep));
  const int64_t sweep_id = a.sweep.sweep_id();
  return AnswerByJob(
      state, asked,
      {.sweep_id = sweep_id,
       .what = "compare",
       .version = version,
       .nothing = NothingCompared},
      [connection = asked.viewer.connection,
       first = std::make_shared<const Side>(std::move(a)),
       second = std::make_shared<const Side>(std::move(b))](
          Jobs::Control& control) -> absl::StatusOr<std::string> {
        ASSIGN_OR_RETURN(const std::vector<SideRow> rows_a,
                         FindRows(*connection, *first, control, 0, 0.5));
        ASSIGN_OR_RETURN(const std::vector<SideRow> rows_b,
                         FindRows(*connection, *second, control, 0.5, 1));
        return PageText(Compared(rows_a, rows_b, *first));
      });
}

}  // namespace fathom::client
