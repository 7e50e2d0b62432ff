#include "server/store/schema.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "proto/shared/status.h"
#include "server/store/json_text.h"

namespace fathom {
namespace {

// Times are microseconds since 1970 in UTC; a time that has not come is NULL.
// States are the numbers of SweepState and TrialState in sweep.proto.
constexpr char kVersion1Sql[] = R"sql(
CREATE TABLE sweeps(
  sweep_id INTEGER PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  state INTEGER NOT NULL,
  trial_count INTEGER NOT NULL,
  next_index INTEGER NOT NULL,  -- Trials below it have been given out.
  pending INTEGER NOT NULL,
  leased INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  diverged INTEGER NOT NULL,
  stopped INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  fraction REAL NOT NULL,
  create_time INTEGER NOT NULL,
  end_time INTEGER) STRICT;
CREATE INDEX sweeps_by_name ON sweeps(name);
CREATE INDEX sweeps_by_fingerprint ON sweeps(fingerprint);

-- Apart from the counters, which are written all the time.
CREATE TABLE sweep_specs(
  sweep_id INTEGER PRIMARY KEY NOT NULL REFERENCES sweeps(sweep_id),
  spec BLOB NOT NULL,           -- fathom.v1.SweepSpec.
  spec_json TEXT NOT NULL) STRICT;  -- The same for people.

CREATE TABLE sessions(
  session INTEGER PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL UNIQUE,
  worker TEXT NOT NULL,
  slots INTEGER NOT NULL,
  numerics TEXT NOT NULL,
  program_version TEXT NOT NULL,
  create_time INTEGER NOT NULL) STRICT;

-- AUTOINCREMENT, so that a number is never used again.
CREATE TABLE leases(
  lease_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  sweep_id INTEGER NOT NULL REFERENCES sweeps(sweep_id),
  session INTEGER NOT NULL REFERENCES sessions(session),
  ranges TEXT NOT NULL,         -- JSON: [[first index, count, attempt],...].
  create_time INTEGER NOT NULL) STRICT;

-- Trials that have been given out at least once.
CREATE TABLE trials(
  sweep_id INTEGER NOT NULL,
  trial_index INTEGER NOT NULL,
  state INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  lost_attempts INTEGER NOT NULL,
  lease_id INTEGER NOT NULL,    -- Of the last attempt; 0: returned.
  session INTEGER NOT NULL,     -- Of the last attempt.
  lease_time INTEGER NOT NULL,
  end_time INTEGER,
  steps INTEGER,
  final_loss REAL,
  best_loss REAL,
  best_step INTEGER,
  seconds REAL,
  error TEXT,
  depth INTEGER NOT NULL,
  lp REAL NOT NULL,
  learning_rate REAL NOT NULL,
  seed INTEGER NOT NULL,
  hidden_width INTEGER,         -- NULL: every hidden layer has its own.
  parameters TEXT NOT NULL,     -- JSON: the value of every axis by its name.
  PRIMARY KEY(sweep_id,trial_index)) STRICT, WITHOUT ROWID;
CREATE INDEX trials_returned ON trials(sweep_id,trial_index) WHERE state=1;

-- Attempts that ended without a result that counts.
CREATE TABLE past_attempts(
  sweep_id INTEGER NOT NULL,
  trial_index INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  lost INTEGER NOT NULL,        -- 1: its worker was lost, 0: given back,
                                -- 2: it failed and was retried.
  session INTEGER NOT NULL,
  lease_time INTEGER NOT NULL,
  end_time INTEGER NOT NULL,
  PRIMARY KEY(sweep_id,trial_index,attempt)) STRICT, WITHOUT ROWID;

CREATE TABLE metric_chunks(
  sweep_id INTEGER NOT NULL,
  trial_index INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  metrics TEXT NOT NULL,        -- JSON: ["loss",...].
  points TEXT NOT NULL,         -- JSON: [[step,value,...],...].
  PRIMARY KEY(sweep_id,trial_index,attempt,chunk)) STRICT;

CREATE TABLE datasets(
  dataset_id INTEGER PRIMARY KEY NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  row_count INTEGER NOT NULL,
  column_count INTEGER NOT NULL,
  target_count INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL) STRICT;

-- Canonical bytes, in pieces.
CREATE TABLE dataset_chunks(
  dataset_id INTEGER NOT NULL REFERENCES datasets(dataset_id),
  chunk INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY(dataset_id,chunk)) STRICT;

CREATE TABLE event_log(
  event_id INTEGER PRIMARY KEY NOT NULL,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  sweep_id INTEGER,
  trial_index INTEGER,
  message TEXT NOT NULL) STRICT;
)sql";

// The view momentum_weights, which comes with all the others; no table.
constexpr char kVersion2Sql[] = "";

// One row per data, loss and numerics: see OptimumFingerprint.
constexpr char kVersion3Sql[] = R"sql(
CREATE TABLE optimum(
  fingerprint TEXT NOT NULL,
  numerics TEXT NOT NULL,
  kind INTEGER NOT NULL,        -- LossKind.
  lp REAL,                      -- NULL: another kind.
  factor INTEGER,               -- LossFactor.
  data TEXT NOT NULL,           -- JSON: fathom.v1.DataSpec.
  value REAL NOT NULL,
  gap REAL NOT NULL,
  iterations INTEGER NOT NULL,
  session INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY(fingerprint,numerics)) STRICT, WITHOUT ROWID;
)sql";

// How sweeps share the slots, and how many trials were lost together.
constexpr char kVersion4Sql[] = R"sql(
ALTER TABLE sweeps ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN weight REAL NOT NULL DEFAULT 1.0;
-- Unfinished trials of its lease when the attempt ended; 0: it was lost alone,
-- and this no longer counts since the trial was retried.
ALTER TABLE past_attempts ADD COLUMN bundle INTEGER NOT NULL DEFAULT 1;
)sql";

// Which numerics the numbers of a sweep come from, without a look at its
// trials.
constexpr char kVersion5Sql[] = R"sql(
CREATE TABLE sweep_numerics(
  sweep_id INTEGER NOT NULL REFERENCES sweeps(sweep_id),
  numerics TEXT NOT NULL,
  time INTEGER NOT NULL,        -- Of the first result.
  PRIMARY KEY(sweep_id,numerics)) STRICT, WITHOUT ROWID;
INSERT INTO sweep_numerics(sweep_id,numerics,time)
  SELECT t.sweep_id,w.numerics,MIN(IFNULL(t.end_time,t.lease_time))
  FROM trials AS t JOIN sessions AS w ON w.session=t.session
  WHERE t.state IN(3,4,5) GROUP BY 1,2;
)sql";

// The axis over optimizer.name was called "name" before, and is "optimizer". A
// key is the only thing that can look like this: quotes within texts have a
// backslash. All trials of a sweep have the same keys, so that one tells.
constexpr char kVersion6Sql[] = R"sql(
UPDATE trials SET parameters=replace(parameters,'"name":','"optimizer":')
WHERE sweep_id IN(
  SELECT s.sweep_id FROM sweeps AS s WHERE instr(
    (SELECT t.parameters FROM trials AS t WHERE t.sweep_id=s.sweep_id LIMIT 1),
    '"name":'));
)sql";

constexpr const char* kMigrations[] = {kVersion1Sql, kVersion2Sql,
                                       kVersion3Sql, kVersion4Sql,
                                       kVersion5Sql, kVersion6Sql};

// What version 6 changes, where a reader cannot change it. The temporary view
// hides that of the file. Its storage comes first: choosing one drops what is
// temporary.
constexpr char kReadVersion5Sql[] = R"sql(
PRAGMA temp_store=MEMORY;
CREATE TEMP VIEW results AS
SELECT sweep,trial,state,depth,lp,learning_rate,seed,hidden_width,final_loss,
  best_loss,best_step,steps,seconds,attempt,worker,numerics,
  replace(parameters,'"name":','"optimizer":') AS parameters,error,lease_time,
  end_time,lost_attempts
FROM main.results;
)sql";

// $0 state of a sweep, $1 state of a trial, $2...$3 time as text, $4 a number
// of a JSON array, $5 the rows of kWarmUpSql; see CreateViewsSql. A view never
// changes the meaning of a column; it may get more of them at its end.
// metric_points takes arrays apart with json_each() alone: readers do not trust
// the schema, and SQLite 3.40 then refuses its JSON functions in a view.
constexpr char kViewsSql[] = R"sql(
DROP VIEW IF EXISTS sweep_overview;
CREATE VIEW sweep_overview AS
SELECT s.sweep_id AS sweep, s.name AS name, $0 AS state,
  s.trial_count AS trials, s.pending AS pending, s.leased AS leased,
  s.succeeded AS succeeded, s.diverged AS diverged, s.stopped AS stopped,
  s.failed AS failed, s.cancelled AS cancelled, s.fraction AS fraction,
  $2create_time$3 AS create_time, $2end_time$3 AS end_time,
  s.fingerprint AS fingerprint, d.spec_json AS spec,
  s.paused AS paused, s.priority AS priority, s.weight AS weight,
  (SELECT group_concat(n.numerics,', ') FROM sweep_numerics AS n
   WHERE n.sweep_id=s.sweep_id) AS numerics
FROM sweeps AS s LEFT JOIN sweep_specs AS d ON d.sweep_id=s.sweep_id;

DROP VIEW IF EXISTS results;
CREATE VIEW results AS
SELECT s.sweep_id AS sweep, s.trial_index AS trial, $1 AS state,
  s.depth AS depth, s.lp AS lp, s.learning_rate AS learning_rate,
  s.seed AS seed, s.hidden_width AS hidden_width,
  s.final_loss AS final_loss, s.best_loss AS best_loss,
  s.best_step AS best_step, s.steps AS steps, s.seconds AS seconds,
  s.attempt AS attempt, w.worker AS worker, w.numerics AS numerics,
  s.parameters AS parameters, s.error AS error,
  $2lease_time$3 AS lease_time, $2end_time$3 AS end_time,
  s.lost_attempts AS lost_attempts
FROM trials AS s LEFT JOIN sessions AS w ON w.session=s.session;

DROP VIEW IF EXISTS metric_points;
CREATE VIEW metric_points AS
SELECT s.sweep_id AS sweep, s.trial_index AS trial, m.value AS metric,
  f.value AS step, $4 AS value
FROM trials AS s
CROSS JOIN metric_chunks AS c ON c.sweep_id=s.sweep_id
  AND c.trial_index=s.trial_index AND c.attempt=s.attempt
CROSS JOIN json_each(c.metrics) AS m
CROSS JOIN json_each(c.points) AS p
CROSS JOIN json_each(p.value) AS f ON f.key=0
CROSS JOIN json_each(p.value) AS v ON v.key=m.key+1;

DROP VIEW IF EXISTS attempts;
CREATE VIEW attempts AS
SELECT s.sweep_id AS sweep, s.trial_index AS trial, s.attempt AS attempt,
  CASE s.lost WHEN 1 THEN 'lost' WHEN 2 THEN 'failed' ELSE 'returned' END
  AS outcome, w.worker AS worker, w.session_id AS session,
  $2lease_time$3 AS lease_time, $2end_time$3 AS end_time
FROM past_attempts AS s LEFT JOIN sessions AS w ON w.session=s.session
UNION ALL
SELECT s.sweep_id, s.trial_index, s.attempt, $1, w.worker, w.session_id,
  $2lease_time$3, $2end_time$3
FROM trials AS s LEFT JOIN sessions AS w ON w.session=s.session
WHERE NOT EXISTS(
  SELECT 1 FROM past_attempts AS p WHERE p.sweep_id=s.sweep_id
  AND p.trial_index=s.trial_index AND p.attempt=s.attempt);

DROP VIEW IF EXISTS optima;
CREATE VIEW optima AS
SELECT CASE s.kind WHEN 1 THEN 'lp' WHEN 2 THEN 'cross_entropy' END AS loss,
  s.lp AS lp,
  CASE s.factor WHEN 1 THEN 'one_over_p' WHEN 2 THEN 'one' END AS factor,
  s.data AS data, s.value AS value, s.gap AS gap, s.iterations AS iterations,
  s.numerics AS numerics, w.worker AS worker, $2time$3 AS time,
  s.fingerprint AS fingerprint
FROM optimum AS s LEFT JOIN sessions AS w ON w.session=s.session;

DROP VIEW IF EXISTS events;
CREATE VIEW events AS
SELECT s.event_id AS event, $2time$3 AS time, s.kind AS kind,
  s.sweep_id AS sweep, s.trial_index AS trial, s.message AS message
FROM event_log AS s;

DROP VIEW IF EXISTS momentum_weights;
CREATE VIEW momentum_weights AS
SELECT t.sweep AS sweep, t.trial AS trial, t.step AS step,
  p.step AS past_step,
  -t.gamma*p.rho*exp(t.growth-p.growth-ln(abs(1-p.gamma))) AS value
FROM ($5) AS t CROSS JOIN ($5) AS p
  ON p.sweep=t.sweep AND p.trial=t.trial AND p.step<t.step;
)sql";

// rho, gamma and growth of the warm-up (enum Metric in sweep.proto) per trial
// and step; $0, $1, $2 as numbers.
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
)sql";

std::string CreateViewsSql() {
  return absl::Substitute(
      kViewsSql,
      "CASE s.state WHEN 1 THEN 'running' WHEN 2 THEN 'completed' "
      "WHEN 3 THEN 'cancelled' END",
      "CASE s.state WHEN 1 THEN 'pending' WHEN 2 THEN 'leased' "
      "WHEN 3 THEN 'succeeded' WHEN 4 THEN 'diverged' WHEN 5 THEN 'stopped' "
      "WHEN 6 THEN 'failed' WHEN 7 THEN 'cancelled' END",
      "strftime('%Y-%m-%dT%H:%M:%fZ',s.", "*1e-6,'unixepoch')",
      absl::Substitute(kJsonNumberSql, "v.value"),
      absl::Substitute(kWarmUpSql, absl::Substitute(kJsonNumberSql, "r.value"),
                       absl::Substitute(kJsonNumberSql, "g.value"),
                       absl::Substitute(kJsonNumberSql, "w.value")));
}

absl::StatusOr<int64_t> Pragma(sqlite::Database& db, const char* sql) {
  ASSIGN_OR_RETURN(const auto value, db.Find(sql));
  return value.value_or(0);
}

}  // namespace

absl::Span<const char* const> Migrations() { return kMigrations; }

absl::StatusOr<int64_t> SchemaVersion(sqlite::Database& db) {
  static constexpr char kApplicationSql[] = "PRAGMA application_id";
  static constexpr char kVersionSql[] = "PRAGMA user_version";
  static constexpr char kObjectsSql[] = "SELECT COUNT(*) FROM sqlite_schema";
  ASSIGN_OR_RETURN(const int64_t application, Pragma(db, kApplicationSql));
  ASSIGN_OR_RETURN(const int64_t version, Pragma(db, kVersionSql));
  ASSIGN_OR_RETURN(const int64_t objects, Pragma(db, kObjectsSql));
  if (application == 0 && version == 0 && objects == 0) return 0;
  if (application != kApplicationId) {
    return absl::FailedPreconditionError(absl::StrCat(
        db.path(),
        " is an SQLite database of another application, not a fathom ledger. "
        "Name another file."));
  }
  const int64_t newest = static_cast<int64_t>(Migrations().size());
  if (version > newest) {
    return absl::FailedPreconditionError(
        absl::StrCat(db.path(), " has ledger version ", version,
                     ", and this program knows versions up to ", newest,
                     ". Use a newer fathom, or another file."));
  }
  return version;
}

absl::Status AdaptViews(sqlite::Database& db, int64_t version) {
  if (version == 5) return db.ExecuteScript(kReadVersion5Sql);
  return absl::OkStatus();
}

absl::Status MigrateSchema(sqlite::Database& db) {
  ASSIGN_OR_RETURN(int64_t version, SchemaVersion(db));
  const int64_t newest = static_cast<int64_t>(Migrations().size());
  for (; version < newest; ++version) {
    const auto migrate = [&]() -> absl::Status {
      RETURN_IF_ERROR(db.ExecuteScript(Migrations()[version]));
      if (version + 1 == newest) {
        RETURN_IF_ERROR(db.ExecuteScript(CreateViewsSql()));
      }
      return db.ExecuteScript(
          absl::StrCat("PRAGMA application_id=", kApplicationId,
                       ";PRAGMA user_version=", version + 1));
    };
    RETURN_IF_ERROR(db.Transaction(migrate));
  }
  return absl::OkStatus();
}

}  // namespace fathom
