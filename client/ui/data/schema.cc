#include "client/ui/data/schema.h"

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "client/load/rows.h"
#include "proto/shared/status.h"

namespace fathom::client {
namespace {

// What a view, or a column of it, holds. A name without a view is the column of
// every view that has no row of its own.
struct Doc {
  absl::string_view view;
  absl::string_view column;
  absl::string_view type;
  absl::string_view text;
};

constexpr Doc kDocs[] = {
    {"sweep_overview", "", "", "a row for each sweep"},
    {"results", "", "", "a row for each trial that was given out"},
    {"metric_points", "", "",
     "a row for each trial, metric and recorded step; name sweep and trial, or "
     "it reads all curves"},
    {"attempts", "", "", "a row for each time that a trial was given out"},
    {"checkpoints", "", "",
     "a row for each trial in training that the next attempt can go on with"},
    {"optima", "", "",
     "a row for each least value of a loss from which excess_loss was "
     "measured"},
    {"events", "", "", "a row for each thing worth knowing"},
    {"event_counts", "", "",
     "a row for each kind of event of a sweep, those that events does not have "
     "any more included"},
    {"momentum_weights", "", "",
     "a row for each recorded step and recorded past step of a trial with the "
     "warm-up metrics"},
    {"sweep_overview", "state", "TEXT", "running, completed or cancelled"},
    {"sweep_overview", "spec", "TEXT", "JSON, as from fathom show --json"},
    {"sweep_overview", "trials", "INTEGER", "number of trials"},
    {"sweep_overview", "numerics", "TEXT", "of its results, ascending"},
    {"sweep_overview", "pending", "INTEGER", "trials that wait"},
    {"sweep_overview", "leased", "INTEGER", "trials that workers hold"},
    {"sweep_overview", "succeeded", "INTEGER", "trials that took all steps"},
    {"sweep_overview", "diverged", "INTEGER", "trials that diverged"},
    {"sweep_overview", "stopped", "INTEGER", "trials that a stop rule ended"},
    {"sweep_overview", "failed", "INTEGER", "trials that could not be run"},
    {"sweep_overview", "cancelled", "INTEGER", "trials that were cancelled"},
    {"sweep_overview", "fraction", "REAL", "share of its steps that are done"},
    {"optima", "value", "REAL", "the least value"},
    {"optima", "gap", "REAL", "how far it may lie above the infimum"},
    {"optima", "data", "TEXT", "JSON"},
    {"momentum_weights", "value", "REAL",
     "weight of the gradient at past_step in the shrinking gamma W at step"},
    {"", "sweep", "INTEGER", "number of the sweep"},
    {"", "trial", "INTEGER", "place of the trial in the grid, from 0"},
    {"", "name", "TEXT", "name of the sweep"},
    {"", "state", "TEXT",
     "leased, succeeded, diverged, stopped, failed, cancelled or pending"},
    {"", "metric", "TEXT", "what was measured"},
    {"", "step", "INTEGER", "updates taken"},
    {"", "past_step", "INTEGER", "an earlier step"},
    {"", "value", "REAL", "NULL where it was not finite"},
    {"", "depth", "INTEGER", "number of factors of the model"},
    {"", "lp", "REAL", "p of the loss; 0 for cross-entropy"},
    {"", "learning_rate", "REAL", "learning rate"},
    {"", "seed", "INTEGER", "seed of the trial"},
    {"", "hidden_width", "INTEGER",
     "width of hidden layers; NULL where each has its own"},
    {"", "final_loss", "REAL", "last finite loss"},
    {"", "best_loss", "REAL", "least loss"},
    {"", "best_step", "INTEGER", "step of the least loss"},
    {"", "steps", "INTEGER", "updates taken until the end"},
    {"", "seconds", "REAL", "time of a slot that it took"},
    {"", "attempt", "INTEGER", "which time it was given out"},
    {"", "outcome", "TEXT", "lost, failed, returned, or the state"},
    {"", "worker", "TEXT", "name of the worker"},
    {"", "session", "TEXT", "session of the worker"},
    {"", "numerics", "TEXT", "arithmetic that the bits depend on"},
    {"", "parameters", "TEXT", "JSON: every axis by its short name"},
    {"", "error", "TEXT", "why it could not be run"},
    {"", "lease_time", "TEXT", "when it was given out, UTC"},
    {"", "create_time", "TEXT", "when it was created, UTC"},
    {"", "end_time", "TEXT", "when it ended, UTC"},
    {"", "time", "TEXT", "UTC"},
    {"", "lost_attempts", "INTEGER", "attempts lost with their worker"},
    {"", "weights", "INTEGER", "numbers that were trained"},
    {"", "fingerprint", "TEXT", "hash of what it means"},
    {"", "paused", "INTEGER", "1: nothing of it is given out"},
    {"", "priority", "INTEGER", "higher ones go first"},
    {"", "weight", "REAL", "share beside others of its priority"},
    {"", "owner", "TEXT", "name of the token that submitted it"},
    {"", "bytes", "INTEGER", "size"},
    {"", "digest", "TEXT", "hash of the bytes"},
    {"", "loss", "TEXT", "kind of the loss"},
    {"", "factor", "TEXT", "factor of the loss"},
    {"", "gap", "REAL", ""},
    {"", "data", "TEXT", ""},
    {"", "iterations", "INTEGER", "steps of Newton's method"},
    {"", "event", "INTEGER", "number of the event"},
    {"", "kind", "TEXT", "kind of the event"},
    {"event_counts", "count", "INTEGER", "how many there were"},
    {"event_counts", "time", "TEXT", "UTC, of the last"},
    {"", "message", "TEXT", "what happened"},
};

constexpr struct {
  const char* title;
  const char* sql;
} kExamples[] = {
    {"Sweeps and how far they are",
     "SELECT sweep, name, state, trials, fraction FROM sweep_overview ORDER BY "
     "sweep DESC"},
    {"How the trials of the newest sweep ended, by depth",
     "SELECT depth, state, count(*) AS trials FROM results WHERE sweep = "
     "(SELECT max(sweep) FROM sweep_overview) GROUP BY 1, 2"},
    {"The best learning rate of each depth",
     "SELECT depth, learning_rate, min(final_loss) AS loss, steps FROM results "
     "WHERE sweep = (SELECT max(sweep) FROM sweep_overview) AND state <> "
     "'diverged' GROUP BY depth"},
    {"A curve",
     "SELECT step, value FROM metric_points WHERE sweep = (SELECT max(sweep) "
     "FROM sweep_overview) AND trial = 0 AND metric = 'loss' ORDER BY step"},
    {"Where trials ran, and how long they took",
     "SELECT worker, count(*) AS trials, avg(seconds) AS seconds FROM results "
     "WHERE sweep = (SELECT max(sweep) FROM sweep_overview) GROUP BY worker"},
    {"An axis that has no column of its own",
     "SELECT json_extract(parameters, '$.momentum') AS momentum, "
     "avg(final_loss) FROM results WHERE sweep = 1 GROUP BY 1"},
    {"What happened lately",
     "SELECT time, kind, sweep, message FROM events ORDER BY event DESC LIMIT "
     "50"},
};

// Returns what is known of a column, or null.
const Doc* DocOf(absl::string_view view, absl::string_view column) {
  const Doc* any = nullptr;
  for (const Doc& doc : kDocs) {
    if (doc.column != column) continue;
    if (doc.view == view) return &doc;
    if (doc.view.empty()) any = &doc;
  }
  return any;
}

}  // namespace

absl::StatusOr<nlohmann::ordered_json> LoadSchema(Connection& connection) {
  enum Column { kName, kKind, kColumn, kType };
  nlohmann::ordered_json views = nlohmann::ordered_json::array();
  nlohmann::ordered_json tables = nlohmann::ordered_json::array();
  const auto add = [&](const v1::QueryRow& row) {
    const std::string& name = CellAt(row, kName).text();
    const bool view = CellAt(row, kKind).text() == "view";
    nlohmann::ordered_json& list = view ? views : tables;
    const Doc* about = view ? DocOf(name, "") : nullptr;
    if (list.empty() || list.back()["name"] != name) {
      list.push_back({{"name", name},
                      {"kind", view ? "view" : "table"},
                      {"columns", nlohmann::ordered_json::array()},
                      {"doc", about == nullptr ? "" : about->text}});
    }
    const std::string& column = CellAt(row, kColumn).text();
    const Doc* doc = view ? DocOf(name, column) : nullptr;
    const std::string& type = CellAt(row, kType).text();
    list.back()["columns"].push_back(
        {{"name", column},
         {"type", doc != nullptr ? std::string(doc->type) : type},
         {"doc", doc == nullptr ? "" : doc->text}});
  };
  RETURN_IF_ERROR(ForEachRow(
      connection,
      "SELECT t.name, t.type, c.name, c.type FROM pragma_table_list AS t, "
      "pragma_table_xinfo(t.name, t.schema) AS c WHERE t.type IN ('view', "
      "'table') AND t.name NOT LIKE 'sqlite_%' ORDER BY t.type = 'table', "
      "t.name, c.cid",
      add));
  for (nlohmann::ordered_json& table : tables)
    views.push_back(std::move(table));
  nlohmann::ordered_json examples = nlohmann::ordered_json::array();
  for (const auto& [title, sql] : kExamples) {
    examples.push_back({{"title", title}, {"sql", sql}});
  }
  return nlohmann::ordered_json{{"tables", views}, {"examples", examples}};
}

}  // namespace fathom::client
