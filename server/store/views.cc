#include "server/store/views.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/strings/substitute.h"
#include "fathom/v1/sweep.pb.h"
#include "google/protobuf/descriptor.h"
#include "proto/shared/status.h"
#include "proto/sweep/fields.h"
#include "server/store/json_text.h"

namespace fathom::server {
namespace {

// The statements of the views, in which $0 stands for the state of a sweep, $1
// for the state of a trial, $2...$3 around a column for a time as text, $4 for
// a number of a JSON array, $5 for the rows of kWarmUpSql, $6 and $7 for kind
// and factor of a loss, and $8 for the condition that the sweep is not deleted.
//
// A view never changes the meaning of a column, but it may get more columns at
// its end. metric_points reads arrays with json_each() alone: readers do not
// trust the schema, and SQLite 3.40 then refuses its other JSON functions in a
// view.
constexpr char kSweepOverviewSql[] = R"sql(
SELECT s.sweep_id AS sweep, s.name AS name, $0 AS state,
  s.trial_count AS trials, s.pending AS pending, s.leased AS leased,
  s.succeeded AS succeeded, s.diverged AS diverged, s.stopped AS stopped,
  s.failed AS failed, s.cancelled AS cancelled, s.fraction AS fraction,
  $2create_time$3 AS create_time, $2end_time$3 AS end_time,
  s.fingerprint AS fingerprint, d.spec_json AS spec,
  s.paused AS paused, s.priority AS priority, s.weight AS weight,
  (SELECT group_concat(n.numerics,', ') FROM sweep_numerics AS n
   WHERE n.sweep_id=s.sweep_id) AS numerics,
  s.owner AS owner
FROM sweeps AS s LEFT JOIN sweep_specs AS d ON d.sweep_id=s.sweep_id)sql";

constexpr char kResultsSql[] = R"sql(
SELECT s.sweep_id AS sweep, s.trial_index AS trial, $1 AS state,
  s.depth AS depth, s.lp AS lp, s.learning_rate AS learning_rate,
  s.seed AS seed, s.hidden_width AS hidden_width,
  s.final_loss AS final_loss, s.best_loss AS best_loss,
  s.best_step AS best_step, s.steps AS steps, s.seconds AS seconds,
  s.attempt AS attempt, w.worker AS worker,
  ifnull(s.numerics,w.numerics) AS numerics, s.parameters AS parameters, s.error AS error,
  $2lease_time$3 AS lease_time, $2end_time$3 AS end_time,
  s.lost_attempts AS lost_attempts, s.weights AS weights
FROM trials AS s LEFT JOIN sessions AS w ON w.session=s.session
WHERE $8)sql";

constexpr char kMetricPointsSql[] = R"sql(
SELECT s.sweep_id AS sweep, s.trial_index AS trial, m.value AS metric,
  f.value AS step, $4 AS value
FROM trials AS s
CROSS JOIN metric_chunks AS c ON c.sweep_id=s.sweep_id
  AND c.trial_index=s.trial_index AND c.attempt=s.attempt
CROSS JOIN json_each(c.metrics) AS m
CROSS JOIN json_each(c.points) AS p
CROSS JOIN json_each(p.value) AS f ON f.key=0
CROSS JOIN json_each(p.value) AS v ON v.key=m.key+1
WHERE $8)sql";

constexpr char kAttemptsSql[] = R"sql(
SELECT s.sweep_id AS sweep, s.trial_index AS trial, s.attempt AS attempt,
  CASE s.lost WHEN 1 THEN 'lost' WHEN 2 THEN 'failed' ELSE 'returned' END
  AS outcome, w.worker AS worker, w.session_id AS session,
  $2lease_time$3 AS lease_time, $2end_time$3 AS end_time
FROM past_attempts AS s LEFT JOIN sessions AS w ON w.session=s.session
WHERE $8
UNION ALL
SELECT s.sweep_id, s.trial_index, s.attempt, $1, w.worker, w.session_id,
  $2lease_time$3, $2end_time$3
FROM trials AS s LEFT JOIN sessions AS w ON w.session=s.session
WHERE $8 AND NOT EXISTS(
  SELECT 1 FROM past_attempts AS p WHERE p.sweep_id=s.sweep_id
  AND p.trial_index=s.trial_index AND p.attempt=s.attempt))sql";

constexpr char kCheckpointsSql[] = R"sql(
SELECT s.sweep_id AS sweep, s.trial_index AS trial, s.attempt AS attempt,
  s.step AS step, s.bytes AS bytes, s.digest AS digest,
  s.numerics AS numerics, $2time$3 AS time
FROM trial_checkpoints AS s)sql";

constexpr char kOptimaSql[] = R"sql(
SELECT $6 AS loss,
  s.lp AS lp,
  $7 AS factor,
  s.data AS data, s.value AS value, s.gap AS gap, s.iterations AS iterations,
  s.numerics AS numerics, w.worker AS worker, $2time$3 AS time,
  s.fingerprint AS fingerprint
FROM optimum AS s LEFT JOIN sessions AS w ON w.session=s.session)sql";

constexpr char kEventsSql[] = R"sql(
SELECT s.event_id AS event, $2time$3 AS time, s.kind AS kind,
  s.sweep_id AS sweep, s.trial_index AS trial, s.message AS message
FROM event_log AS s WHERE s.sweep_id IS NULL OR $8)sql";

constexpr char kEventCountsSql[] = R"sql(
SELECT s.sweep_id AS sweep, s.kind AS kind, sum(s.count) AS count,
  strftime('%Y-%m-%dT%H:%M:%fZ',max(s.time)*1e-6,'unixepoch') AS time
FROM (SELECT sweep_id,kind,1 AS count,time FROM event_log
  UNION ALL SELECT nullif(sweep_id,0),kind,count,time FROM past_events) AS s
WHERE s.sweep_id IS NULL OR $8
GROUP BY s.sweep_id,s.kind)sql";

constexpr char kMomentumWeightsSql[] = R"sql(
SELECT t.sweep AS sweep, t.trial AS trial, t.step AS step,
  p.step AS past_step,
  -t.gamma*p.rho*exp(t.growth-p.growth-ln(abs(1-p.gamma))) AS value
FROM ($5) AS t CROSS JOIN ($5) AS p
  ON p.sweep=t.sweep AND p.trial=t.trial AND p.step<t.step)sql";

// Selects rho, gamma and growth of the warm-up (enum Metric in sweep.proto) for
// each trial and step. $0, $1 and $2 stand for their numbers, $3 for
// kNotDeletedSql.
constexpr char kWarmUpSql[] = R"sql(
SELECT s.sweep_id AS sweep, s.trial_index AS trial, f.value AS step,
  $0 AS rho, $1 AS gamma, $2 AS growth
FROM trials AS s
CROSS JOIN metric_chunks AS c ON c.sweep_id=s.sweep_id
  AND c.trial_index=s.trial_index AND c.attempt=s.attempt
CROSS JOIN json_each(c.metrics) AS mr ON mr.value='warmup_rho'
CROSS JOIN json_each(c.metrics) AS mg ON mg.value='warmup_gamma'
CROSS JOIN json_each(c.metrics) AS mw ON mw.value='warmup_growth'
CROSS JOIN json_each(c.points) AS p
CROSS JOIN json_each(p.value) AS f ON f.key=0
CROSS JOIN json_each(p.value) AS r ON r.key=mr.key+1
CROSS JOIN json_each(p.value) AS g ON g.key=mg.key+1
CROSS JOIN json_each(p.value) AS w ON w.key=mw.key+1
WHERE $3
)sql";

// The rows of a deleted sweep go bit by bit, and nobody sees them meanwhile.
constexpr char kNotDeletedSql[] =
    "s.sweep_id NOT IN(SELECT sweep_id FROM deleted_sweeps)";

constexpr struct {
  const char* name;
  const char* sql;
} kViews[] = {
    {"sweep_overview", kSweepOverviewSql},
    {"results", kResultsSql},
    {"metric_points", kMetricPointsSql},
    {"attempts", kAttemptsSql},
    {"checkpoints", kCheckpointsSql},
    {"optima", kOptimaSql},
    {"events", kEventsSql},
    {"event_counts", kEventCountsSql},
    {"momentum_weights", kMomentumWeightsSql},
};

// Returns the SQL expression for the name of the enum value whose number is in
// `column`.
std::string NameInSql(absl::string_view column,
                      const google::protobuf::EnumDescriptor& type) {
  std::string sql = absl::StrCat("CASE ", column);
  for (int i = 0; i < type.value_count(); ++i) {
    const google::protobuf::EnumValueDescriptor& value = *type.value(i);
    if (value.number() == 0) continue;
    absl::StrAppend(&sql, " WHEN ", value.number(), " THEN '", EnumText(value),
                    "'");
  }
  return absl::StrCat(sql, " END");
}

// Returns the statement of a view with its placeholders replaced.
std::string Complete(const char* sql) {
  return absl::Substitute(
      sql, NameInSql("s.state", *v1::SweepState_descriptor()),
      NameInSql("s.state", *v1::TrialState_descriptor()),
      "strftime('%Y-%m-%dT%H:%M:%fZ',s.", "*1e-6,'unixepoch')",
      absl::Substitute(kJsonNumberSql, "v.value"),
      absl::Substitute(kWarmUpSql, absl::Substitute(kJsonNumberSql, "r.value"),
                       absl::Substitute(kJsonNumberSql, "g.value"),
                       absl::Substitute(kJsonNumberSql, "w.value"),
                       kNotDeletedSql),
      NameInSql("s.kind", *v1::LossKind_descriptor()),
      NameInSql("s.factor", *v1::LossFactor_descriptor()), kNotDeletedSql);
}

// Returns the text of the view as SQLite keeps it in its schema.
std::string TextOf(const View& view) {
  return absl::StrCat("CREATE VIEW ", view.name, " AS\n", view.select);
}

}  // namespace

const std::vector<View>& StableViews() {
  static const auto* const views = [] {
    auto* all = new std::vector<View>;
    for (const auto& [name, sql] : kViews) {
      const std::string text = Complete(sql);
      all->push_back({name, std::string(absl::StripPrefix(text, "\n"))});
    }
    return all;
  }();
  return *views;
}

absl::StatusOr<bool> HasViews(sqlite::Database& db,
                              absl::Span<const View> views) {
  static constexpr char kSelectSql[] =
      "SELECT name,sql FROM main.sqlite_schema WHERE type='view'";
  std::map<std::string, std::string> found;
  sqlite::Query query(db, kSelectSql);
  while (query.Next()) found[query.Text(0)] = query.Text(1);
  RETURN_IF_ERROR(query.status());
  for (const View& view : views) {
    const auto it = found.find(view.name);
    if (it == found.end() || it->second != TextOf(view)) return false;
  }
  return true;
}

absl::Status RenewViews(sqlite::Database& db, absl::Span<const View> views) {
  ASSIGN_OR_RETURN(const bool current, HasViews(db, views));
  if (current) return absl::OkStatus();
  std::string script;
  for (const View& view : views) {
    absl::StrAppend(&script, "DROP VIEW IF EXISTS main.", view.name, ";",
                    TextOf(view), ";");
  }
  return db.Transaction([&] { return db.ExecuteScript(script); });
}

absl::Status LayViewsOver(sqlite::Database& db, absl::Span<const View> views) {
  std::string script = kTemporaryInMemorySql;
  for (const View& view : views) {
    absl::StrAppend(&script, "CREATE TEMP VIEW ", view.name, " AS\n",
                    view.select, ";");
  }
  return db.ExecuteScript(script);
}

}  // namespace fathom::server
