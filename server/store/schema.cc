#include "server/store/schema.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "server/store/views.h"

namespace fathom::server {
namespace {

// Times are microseconds since 1970 in UTC; a time that has not been reached is
// NULL. States are the numbers of SweepState and TrialState in sweep.proto.
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

// Version 2 added only a view, when views were still part of versions.
constexpr char kVersion2Sql[] = "";

// There is one row for each combination of data, loss and numerics; see
// OptimumFingerprint.
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

// Version 4 adds how sweeps share the slots, and how many trials were lost
// together.
constexpr char kVersion4Sql[] = R"sql(
ALTER TABLE sweeps ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sweeps ADD COLUMN weight REAL NOT NULL DEFAULT 1.0;
-- Unfinished trials of its lease when the attempt ended; 0: it was lost alone,
-- and this no longer counts since the trial was retried.
ALTER TABLE past_attempts ADD COLUMN bundle INTEGER NOT NULL DEFAULT 1;
)sql";

// Version 5 keeps the numerics of the results of each sweep, so that nobody has
// to look at its trials for them.
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

// Version 6 renames the axis over optimizer.name from "name" to "optimizer".
// Only a key can look like the replaced text, as quotes within texts have a
// backslash. All trials of a sweep have the same keys, so looking at one trial
// suffices.
constexpr char kVersion6Sql[] = R"sql(
UPDATE trials SET parameters=replace(parameters,'"name":','"optimizer":')
WHERE sweep_id IN(
  SELECT s.sweep_id FROM sweeps AS s WHERE instr(
    (SELECT t.parameters FROM trials AS t WHERE t.sweep_id=s.sweep_id LIMIT 1),
    '"name":'));
)sql";

// Version 7 adds the owner of a sweep, and the revision by which its spec is to
// be read (proto/sweep/revisions.h); 0 for a spec of a program that did not
// say.
constexpr char kVersion7Sql[] = R"sql(
ALTER TABLE sweeps ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE sweep_specs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
)sql";

// What a result says of itself: its numerics, where they are not those of the
// session (NULL: they are), and how many numbers were trained.
constexpr char kVersion8Sql[] = R"sql(
ALTER TABLE trials ADD COLUMN numerics TEXT;
ALTER TABLE trials ADD COLUMN weights INTEGER;
)sql";

// Version 9 adds checkpoints: of each trial the newest one, whose bytes are in
// a file beside the ledger (files/checkpoint_files.h). The row goes when the
// trial ends.
constexpr char kVersion9Sql[] = R"sql(
CREATE TABLE trial_checkpoints(
  sweep_id INTEGER NOT NULL,
  trial_index INTEGER NOT NULL,
  attempt INTEGER NOT NULL,     -- Whose points these are:
  chunks INTEGER NOT NULL,      -- chunks below this are of steps below `step`.
  step INTEGER NOT NULL,
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  numerics TEXT NOT NULL,       -- Of the engine that wrote it.
  time INTEGER NOT NULL,
  PRIMARY KEY(sweep_id,trial_index)) STRICT, WITHOUT ROWID;
)sql";

// Version 10 adds the trace that the creation of a sweep belonged to, as W3C
// Trace Context writes it.
constexpr char kVersion10Sql[] = R"sql(
ALTER TABLE sweeps ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';
)sql";

// Version 11 lets sweeps be deleted, and says what is in use: what nothing uses
// goes bit by bit (cleaner.h). Datasets that are there already count as
// uploaded now. The digest of a dataset is found in the text of a spec wherever
// it is.
constexpr char kVersion11Sql[] = R"sql(
-- Sweeps that are deleted and of which other tables still have rows.
-- AUTOINCREMENT, so that the number of a deleted sweep is never used again.
CREATE TABLE deleted_sweeps(
  sweep_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  time INTEGER NOT NULL) STRICT;

-- The datasets that the spec of a sweep names.
CREATE TABLE sweep_datasets(
  sweep_id INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY(sweep_id,digest)) STRICT, WITHOUT ROWID;
CREATE INDEX sweep_datasets_by_digest ON sweep_datasets(digest);
INSERT INTO sweep_datasets(sweep_id,digest)
  SELECT s.sweep_id,d.digest FROM sweep_specs AS s JOIN datasets AS d
  ON instr(s.spec_json,d.digest)>0;
-- When it was uploaded, the last time.
ALTER TABLE datasets ADD COLUMN upload_time INTEGER NOT NULL DEFAULT 0;
UPDATE datasets SET upload_time=CAST(strftime('%s','now') AS INTEGER)*1000000;

-- The sessions that have held trials of a sweep.
CREATE TABLE sweep_sessions(
  sweep_id INTEGER NOT NULL,
  session INTEGER NOT NULL,
  PRIMARY KEY(sweep_id,session)) STRICT, WITHOUT ROWID;
CREATE INDEX sweep_sessions_by_session ON sweep_sessions(session);
INSERT INTO sweep_sessions(sweep_id,session)
  SELECT sweep_id,session FROM trials
  UNION SELECT sweep_id,session FROM past_attempts
  UNION SELECT sweep_id,session FROM leases;
CREATE INDEX optimum_by_session ON optimum(session);

-- Events that went because there were too many: how many of each kind.
CREATE TABLE past_events(
  sweep_id INTEGER NOT NULL,    -- 0: of no sweep.
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  time INTEGER NOT NULL,        -- Of the last of them.
  PRIMARY KEY(sweep_id,kind)) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_sweep ON event_log(sweep_id)
  WHERE sweep_id IS NOT NULL;
)sql";

constexpr const char* kMigrations[] = {
    kVersion1Sql, kVersion2Sql,  kVersion3Sql, kVersion4Sql,
    kVersion5Sql, kVersion6Sql,  kVersion7Sql, kVersion8Sql,
    kVersion9Sql, kVersion10Sql, kVersion11Sql};

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

absl::Status MigrateSchema(sqlite::Database& db) {
  ASSIGN_OR_RETURN(int64_t version, SchemaVersion(db));
  const int64_t newest = static_cast<int64_t>(Migrations().size());
  for (; version < newest; ++version) {
    const auto migrate = [&]() -> absl::Status {
      RETURN_IF_ERROR(db.ExecuteScript(Migrations()[version]));
      return db.ExecuteScript(
          absl::StrCat("PRAGMA application_id=", kApplicationId,
                       ";PRAGMA user_version=", version + 1));
    };
    RETURN_IF_ERROR(db.Transaction(migrate));
  }
  return RenewViews(db);
}

}  // namespace fathom::server
