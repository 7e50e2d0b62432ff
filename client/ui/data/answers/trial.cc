// The table of trials, and one trial.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/explain/trial_story.h"
#include "client/load/rows.h"
#include "client/ui/data/answers/answers.h"
#include "client/ui/data/number_json.h"
#include "client/ui/data/question.h"
#include "client/ui/data/sweep_json.h"
#include "client/ui/data/trial_page.h"
#include "client/view/format.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/message_json.h"
#include "proto/sweep/names.h"
#include "proto/sweep/printable.h"

namespace fathom::client {
namespace {

constexpr int64_t kMostRows = 1000;
constexpr int kEventsOfTrial = 50;
constexpr int kEventsSeen = 10'000;

constexpr struct {
  const char* name;
  TrialKey key;
} kKeys[] = {
    {"trial", TrialKey::kTrial},        {"final_loss", TrialKey::kFinalLoss},
    {"best_loss", TrialKey::kBestLoss}, {"steps", TrialKey::kSteps},
    {"seconds", TrialKey::kSeconds},    {"state", TrialKey::kState}};

// The columns behind those of the axes, as the view `results` calls them.
constexpr struct {
  const char* name;
  const char* label;
  bool number;
} kResultColumns[] = {
    {"final_loss", "final loss", true}, {"best_loss", "best loss", true},
    {"best_step", "best step", true},   {"steps", "steps", true},
    {"seconds", "seconds", true},       {"attempt", "attempt", true},
    {"worker", "worker", false},        {"error", "error", false}};

absl::StatusOr<TrialOrder> OrderOf(const UiRequest& asked) {
  TrialOrder order;
  const std::string direction = TextOf(asked, "order");
  if (!direction.empty() && direction != "asc" && direction != "desc") {
    return absl::InvalidArgumentError(absl::StrCat(
        "order: found \"", Excerpt(direction), "\", expected asc or desc"));
  }
  order.descending = direction == "desc";
  const std::string name = TextOf(asked, "sort");
  if (name.empty()) return order;
  std::vector<std::string> names;
  for (const auto& known : kKeys) {
    if (name == known.name) {
      order.key = known.key;
      return order;
    }
    names.push_back(known.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("sort: found \"", Excerpt(name), "\", expected one of ",
                   absl::StrJoin(names, ", ")));
}

nlohmann::ordered_json ColumnJson(const std::string& name,
                                  const std::string& label, bool number) {
  return {
      {"name", name}, {"label", label}, {"kind", number ? "number" : "text"}};
}

nlohmann::ordered_json ColumnsOf(const std::vector<AxisValues>& axes) {
  nlohmann::ordered_json columns = {ColumnJson("trial", "trial", true),
                                    ColumnJson("state", "state", false)};
  for (const AxisValues& axis : axes) {
    columns.push_back(
        ColumnJson(axis.name, AxisLabel(axis.name), axis.is_number));
  }
  for (const auto& column : kResultColumns) {
    columns.push_back(ColumnJson(column.name, column.label, column.number));
  }
  return columns;
}

// Returns what the ledger has of these trials, by their numbers.
absl::StatusOr<absl::flat_hash_map<int64_t, v1::QueryRow>> LoadResults(
    Connection& connection, int64_t sweep_id,
    const std::vector<int64_t>& trials) {
  absl::flat_hash_map<int64_t, v1::QueryRow> rows;
  if (trials.empty()) return rows;
  std::string sql = "SELECT trial, state";
  for (const auto& column : kResultColumns) {
    absl::StrAppend(&sql, ", ", column.name);
  }
  absl::StrAppend(&sql, " FROM results WHERE sweep = ", sweep_id,
                  " AND trial IN (", absl::StrJoin(trials, ","), ")");
  RETURN_IF_ERROR(ForEachRow(connection, sql, [&](const v1::QueryRow& row) {
    rows[CellAt(row, 0).integer()] = row;
  }));
  return rows;
}

nlohmann::ordered_json RowJson(const std::vector<AxisValues>& axes,
                               int64_t trial, const v1::QueryRow* result) {
  nlohmann::ordered_json row = {trial};
  row.push_back(result == nullptr ? nlohmann::ordered_json("pending")
                                  : CellJson(CellAt(*result, 1)));
  for (const AxisValues& axis : axes) {
    row.push_back(AxisValueJson(axis.At(axis.PlaceOf(trial))));
  }
  for (size_t i = 0; i < std::size(kResultColumns); ++i) {
    row.push_back(result == nullptr
                      ? nlohmann::ordered_json(nullptr)
                      : CellJson(CellAt(*result, static_cast<int>(i) + 2)));
  }
  return row;
}

absl::StatusOr<nlohmann::ordered_json> TrialEvents(Connection& connection,
                                                   const v1::Trial& trial) {
  nlohmann::ordered_json events = nlohmann::ordered_json::array();
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT time, kind, message FROM events WHERE event > "
                   "(SELECT max(event) FROM events) - ",
                   kEventsSeen, " AND sweep = ", trial.sweep_id(),
                   " AND trial = ", trial.trial_index(),
                   " ORDER BY event DESC LIMIT ", kEventsOfTrial),
      [&](const v1::QueryRow& row) {
        events.push_back({{"time", CellAt(row, 0).text()},
                          {"kind", CellAt(row, 1).text()},
                          {"text", CellAt(row, 2).text()}});
      }));
  return events;
}

nlohmann::ordered_json TextOrNull(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr)
                      : nlohmann::ordered_json(text);
}

// Returns the attempts, the newest first. Only of the last one more than the
// worker is recorded.
nlohmann::ordered_json AttemptsJson(Connection& connection,
                                    const TrialStory& story) {
  std::vector<v1::Worker> workers;
  if (!connection.in_process()) {
    workers = connection.ListWorkers().value_or(std::vector<v1::Worker>{});
  }
  nlohmann::ordered_json attempts = nlohmann::ordered_json::array();
  for (const PastAttempt& attempt : story.attempts) {
    std::string host;
    for (const v1::Worker& worker : workers) {
      if (worker.worker() == attempt.worker) host = worker.host();
    }
    const bool last = attempt.attempt == story.trial.attempt();
    attempts.push_back(
        {{"attempt", attempt.attempt},
         {"worker", attempt.worker},
         {"host", TextOrNull(host)},
         {"start", TextOrNull(attempt.lease_time)},
         {"end", TextOrNull(attempt.end_time)},
         {"outcome", attempt.outcome},
         {"numerics", TextOrNull(last ? story.trial.numerics() : "")}});
  }
  return attempts;
}

}  // namespace

absl::StatusOr<UiResponse> AnswerTrials(UiState& state,
                                        const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, SweepOf(state, asked));
  const std::string version = VersionOf(sweep);
  std::string tag = TagOf(asked, version);
  if (HasAlready(asked, tag)) return NotModified(tag);
  ASSIGN_OR_RETURN(const int64_t limit,
                   IntegerOf(asked, "limit", 200, 1, kMostRows));
  ASSIGN_OR_RETURN(const TrialOrder order, OrderOf(asked));
  ASSIGN_OR_RETURN(const int64_t at,
                   IntegerOf(asked, "at", -1, 0, sweep.trial_count()));
  std::optional<TrialCursor> after;
  if (const std::string text = TextOf(asked, "after"); !text.empty()) {
    ASSIGN_OR_RETURN(after, TrialCursor::FromText(text));
  }
  ASSIGN_OR_RETURN(const Selection selection,
                   Selection::Create(sweep.spec(), AllOf(asked, "where")));
  OutcomeTables::Look outcomes = {.done = 1};
  if (selection.needs_outcomes() || order.key != TrialKey::kTrial) {
    ASSIGN_OR_RETURN(outcomes, state.outcomes.Get(asked.viewer.connection,
                                                  sweep, version, kPatience));
  }
  const TrialPage page =
      PageOf(selection, outcomes.table.get(), order, after,
             at >= 0 ? std::optional<int64_t>(at) : std::nullopt, limit);
  ASSIGN_OR_RETURN(
      const auto results,
      LoadResults(*asked.viewer.connection, sweep.sweep_id(), page.trials));
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const int64_t trial : page.trials) {
    const auto found = results.find(trial);
    rows.push_back(RowJson(selection.axes(), trial,
                           found == results.end() ? nullptr : &found->second));
  }
  nlohmann::ordered_json next = nullptr;
  if (page.next.has_value()) next = page.next->Text();
  if (outcomes.done < 1) tag.clear();
  return JsonResponse(asked,
                      {{"columns", ColumnsOf(selection.axes())},
                       {"rows", rows},
                       {"next", next},
                       {"total", page.total},
                       {"total_is_bound", false},
                       {"done", outcomes.done}},
                      tag);
}

absl::StatusOr<UiResponse> AnswerTrial(UiState& state, const UiRequest& asked) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, SweepOf(state, asked));
  ASSIGN_OR_RETURN(const int64_t index, NumberInPath(asked, 3, "trial"));
  Connection& connection = *asked.viewer.connection;
  absl::StatusOr<TrialStory> story = LoadTrialStory(connection, sweep, index);
  if (absl::IsOutOfRange(story.status())) {
    return absl::NotFoundError(story.status().message());
  }
  RETURN_IF_ERROR(story.status());
  const v1::Trial& trial = story->trial;
  nlohmann::ordered_json parameters = nlohmann::ordered_json::object();
  for (const AxisValues& axis : AxesOf(sweep.spec())) {
    parameters[axis.name] = AxisValueJson(axis.At(axis.PlaceOf(index)));
  }
  const std::string name = absl::StrCat(sweep.sweep_id(), "/", index);
  const std::string& source = state.options.source;
  ASSIGN_OR_RETURN(nlohmann::ordered_json events,
                   TrialEvents(connection, trial));
  std::vector<std::string> why = absl::StrSplit(
      TrialStoryText(sweep, *story, source), '\n', absl::SkipEmpty());
  nlohmann::ordered_json checkpoint = nullptr;
  if (trial.has_checkpoint()) {
    checkpoint = ToJson(trial.checkpoint());
    checkpoint["time"] = TimeText(trial.checkpoint_time());
  }
  return JsonResponse(
      asked,
      {{"trial", index},
       {"sweep", sweep.sweep_id()},
       {"sweep_name", sweep.spec().name()},
       {"state", StateName(trial.state())},
       {"parameters", parameters},
       {"spec", ToJson(trial.spec())},
       {"result", trial.has_result() ? ToJson(trial.result())
                                     : nlohmann::ordered_json(nullptr)},
       {"attempts", AttemptsJson(connection, *story)},
       {"events", events},
       {"checkpoint", checkpoint},
       {"error", trial.result().error()},
       {"commands",
        {{"run", absl::StrCat("fathom run ", name, " ", source)},
         {"explain", absl::StrCat("fathom explain ", name, " ", source)}}},
       {"why", why}});
}

}  // namespace fathom::client
