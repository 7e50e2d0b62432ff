#include "server/store/ledger.h"

#include <chrono>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/status.h"
#include "proto/sweep/datasets.h"
#include "proto/sweep/message_json.h"
#include "proto/sweep/revisions.h"
#include "proto/sweep/stored_spec.h"
#include "server/store/cleaner.h"
#include "server/store/database.h"
#include "server/store/files/file_facts.h"
#include "server/store/files/file_lock.h"
#include "server/store/files/file_watch.h"
#include "server/store/json_text.h"
#include "server/store/schema.h"
#include "server/store/trial_parameters.h"

namespace fathom::server {
namespace {

using google::protobuf::util::TimeUtil;
using SteadyClock = std::chrono::steady_clock;

double Seconds(SteadyClock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Sets what must be set before the first table exists. Pages larger than
// SQLite's default keep chunks of points out of overflow pages; and free pages
// can be given back to the file system some at a time.
constexpr char kNewFileSql[] =
    "PRAGMA page_size=16384;PRAGMA auto_vacuum=INCREMENTAL";

// The settings of the writing connection:
//
//   - synchronous=FULL: a commit survives a power cut, and only what is
//     committed is acknowledged.
//   - mmap_size=0: the WAL-reset bug of SQLite before 3.51.3 does most harm
//     with memory mapping.
//   - wal_autocheckpoint: a checkpoint for every 64 MiB of log; after a burst
//     the log shrinks to that size.
//   - locking_mode=EXCLUSIVE is not set, so that people can read the file while
//     it is written.
constexpr char kPragmasSql[] =
    "PRAGMA synchronous=FULL;"
    "PRAGMA foreign_keys=ON;"
    "PRAGMA mmap_size=0;"
    "PRAGMA secure_delete=OFF;"
    "PRAGMA cache_size=-65536;"
    "PRAGMA wal_autocheckpoint=4096;"
    "PRAGMA journal_size_limit=67108864";

// Other programs that open the file may keep it locked for a moment.
constexpr char kOpeningSql[] = "PRAGMA busy_timeout=5000";

// Returns the end time of a sweep for the database; nothing, which becomes
// NULL, for one that has not ended.
std::optional<absl::Time> EndTime(absl::Time time) {
  if (time == absl::InfiniteFuture()) return std::nullopt;
  return time;
}

absl::Status EnterWalMode(sqlite::Database& db) {
  static constexpr char kWalSql[] = "PRAGMA journal_mode=WAL";
  sqlite::Query query(db, kWalSql);
  if (!query.Next()) return query.status();
  if (query.View(0) == "wal") return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(db.path(),
                   ": this file system cannot hold a ledger (no shared memory "
                   "for SQLite's write-ahead log). Use a local disk."));
}

// Returns the trials of a lease as JSON: [[first index, count, attempt],...].
std::string RangesJson(const v1::Lease& lease) {
  std::string json = "[";
  for (const v1::TrialRange& range : lease.trials()) {
    absl::StrAppend(&json, json.size() > 1 ? "," : "", "[", range.first_index(),
                    ",", range.count(), ",", range.attempt(), "]");
  }
  json.push_back(']');
  return json;
}

}  // namespace

Ledger::Ledger(std::unique_ptr<FileLock> lock,
               std::unique_ptr<sqlite::Database> db,
               std::shared_ptr<CheckpointFiles> files)
    : lock_(std::move(lock)),
      db_(std::move(db)),
      watch_(std::make_unique<FileWatch>(*db_)),
      cleaner_(std::make_unique<Cleaner>(*db_)),
      files_(std::move(files)) {}

// What no row has claimed by now, none will.
Ledger::~Ledger() { files_->RemoveUnneeded(absl::InfiniteFuture()); }

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const std::string& path,
                                                     absl::Duration patience) {
  // SQLite takes these names for databases that are not in files.
  if (path.empty() || path == ":memory:") {
    return absl::InvalidArgumentError(absl::StrCat(
        "found ledger \"", path, "\", expected a file such as fathom.db"));
  }
  ASSIGN_OR_RETURN(auto lock, FileLock::Acquire(path));
  RETURN_IF_ERROR(CheckPlace(path));
  ASSIGN_OR_RETURN(auto db,
                   sqlite::Database::Open(path, sqlite::Access::kReadWrite));
  RETURN_IF_ERROR(db->ExecuteScript(kOpeningSql));
  // Nothing is written before it is known that the file is a ledger.
  ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(*db));
  if (version == 0) RETURN_IF_ERROR(db->ExecuteScript(kNewFileSql));
  RETURN_IF_ERROR(EnterWalMode(*db));
  RETURN_IF_ERROR(db->ExecuteScript(kPragmasSql));
  // The log may end with a commit whose fsync failed before the last stop. Such
  // a commit can be read, and so would be acknowledged, but a power cut would
  // undo it. The checkpoint puts it on disk before anything is decided.
  RETURN_IF_ERROR(db->ExecuteScript("PRAGMA wal_checkpoint(PASSIVE)"));
  RETURN_IF_ERROR(MigrateSchema(*db));
  RETURN_IF_ERROR(db->ExecuteScript(absl::StrCat(
      "PRAGMA busy_timeout=", absl::ToInt64Milliseconds(patience))));
  std::unique_ptr<Ledger> ledger(new Ledger(
      std::move(lock), std::move(db),
      std::make_shared<CheckpointFiles>(CheckpointFiles::DirectoryFor(path))));
  RETURN_IF_ERROR(ledger->cleaner_->FindPieces());
  RETURN_IF_ERROR(ledger->DropBadCheckpoints());
  RETURN_IF_ERROR(ledger->LoadCheckpoints());
  for (const auto& [trial, checkpoint] : ledger->checkpoints_) {
    ledger->files_->Claim(checkpoint.digest);
  }
  ledger->files_->RemoveLeftovers();
  return ledger;
}

absl::Status Ledger::Commit(absl::Span<const Write> writes) {
  if (writes.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckFile());
  RETURN_IF_ERROR(durable_);
  const auto begun = SteadyClock::now();
  auto written = begun;
  absl::Status status = db_->Transaction([&]() -> absl::Status {
    for (const Write& write : writes) {
      RETURN_IF_ERROR(
          std::visit([this](const auto& w) { return Apply(w); }, write));
    }
    written = SteadyClock::now();
    return absl::OkStatus();
  });
  if (status.ok()) {
    last_commit_ = {.write_seconds = Seconds(written - begun),
                    .sync_seconds = Seconds(SteadyClock::now() - written)};
  }
  SettleFiles(status.ok());
  if (!status.ok()) {
    // The caches may contain rows that have been rolled back.
    session_keys_.clear();
    parameters_.clear();
    mismatches_.clear();
    event_counts_.clear();
    holders_.clear();
    const absl::Status loaded = LoadCheckpoints();
    if (loaded.ok()) return status;
    // Without them the points that they keep would be removed.
    return absl::InternalError(
        absl::StrCat(status.message(), "; and then: ", loaded.message()));
  }
  return CheckFile();
}

absl::Status Ledger::CheckFile() { return watch_->Check(); }

absl::Status Ledger::Apply(const InsertSweep& write) {
  static constexpr char kSweepSql[] =
      "INSERT INTO sweeps(sweep_id,name,fingerprint,state,trial_count,"
      "next_index,pending,leased,succeeded,diverged,stopped,failed,cancelled,"
      "fraction,create_time,end_time,priority,weight,owner,traceparent) "
      "VALUES(?,?,?,?,?,0,?,0,0,0,0,0,0,0.0,?,NULL,?,?,?,?)";
  static constexpr char kSpecSql[] =
      "INSERT INTO sweep_specs(sweep_id,spec,spec_json,revision) "
      "VALUES(?,?,?,?)";
  static constexpr char kDatasetSql[] =
      "INSERT OR IGNORE INTO sweep_datasets(sweep_id,digest) VALUES(?,?)";
  const v1::Sweep& sweep = write.sweep;
  RETURN_IF_ERROR(
      db_->Run(kSweepSql, sweep.sweep_id(), sweep.spec().name(),
               sweep.fingerprint(), int{v1::SWEEP_STATE_RUNNING},
               sweep.trial_count(), sweep.trial_count(),
               int64_t{TimeUtil::TimestampToMicroseconds(sweep.create_time())},
               sweep.priority(), sweep.weight(), sweep.owner(),
               sweep.traceparent())
          .status());
  const std::string bytes = sweep.spec().SerializeAsString();
  RETURN_IF_ERROR(db_->Run(kSpecSql, sweep.sweep_id(), sqlite::Blob{bytes},
                           JsonText(ToJson(sweep.spec())), kSpecRevision)
                      .status());
  for (const std::string& digest : DigestsOf(sweep.spec())) {
    RETURN_IF_ERROR(db_->Run(kDatasetSql, sweep.sweep_id(), digest).status());
  }
  return absl::OkStatus();
}

absl::Status Ledger::Apply(const UpdateSweep& write) {
  static constexpr char kUpdateSql[] =
      "UPDATE sweeps SET state=?,next_index=?,pending=?,leased=?,succeeded=?,"
      "diverged=?,stopped=?,failed=?,cancelled=?,fraction=?,end_time=?,"
      "paused=?,priority=?,weight=? "
      "WHERE sweep_id=?";
  const v1::Progress& p = write.progress;
  ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run(kUpdateSql, int{write.state}, write.next_index, p.pending(),
               p.leased(), p.succeeded(), p.diverged(), p.stopped(), p.failed(),
               p.cancelled(), p.fraction(), EndTime(write.end_time),
               int{write.paused}, write.priority, write.weight,
               write.sweep_id));
  if (changed == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("there is no sweep ", write.sweep_id, " in the ledger"));
}

// The session may be in the ledger already: one that outlives a coordinator
// says hello to the next one "for the first time", too.
absl::Status Ledger::Apply(const InsertSession& write) {
  static constexpr char kInsertSql[] =
      "INSERT INTO sessions(session_id,worker,slots,numerics,program_version,"
      "create_time) VALUES(?,?,?,?,?,?) "
      "ON CONFLICT(session_id) DO UPDATE SET slots=excluded.slots,"
      "program_version=excluded.program_version";
  // When another worker comes with the id of an older session, the row of the
  // older one gets another id, so that what is recorded of it stays true.
  static constexpr char kRenameSql[] =
      "UPDATE sessions SET session_id=session_id||'~'||session "
      "WHERE session_id=?1 AND(worker<>?2 OR numerics<>?3) RETURNING session";
  const v1::Hello& hello = write.hello;
  ASSIGN_OR_RETURN(const auto renamed,
                   db_->Find(kRenameSql, hello.session_id(), hello.worker(),
                             hello.numerics()));
  if (renamed.has_value()) session_keys_.erase(hello.session_id());
  return db_
      ->Run(kInsertSql, hello.session_id(), hello.worker(), hello.slots(),
            hello.numerics(), hello.program_version(), write.time)
      .status();
}

absl::Status Ledger::Apply(const InsertLease& write) {
  static constexpr char kLeaseSql[] =
      "INSERT INTO leases(lease_id,sweep_id,session,ranges,create_time) "
      "VALUES(?,?,?,?,?)";
  static constexpr size_t kMostHolders = 65536;
  static constexpr char kHolderSql[] =
      "INSERT OR IGNORE INTO sweep_sessions(sweep_id,session) VALUES(?,?)";
  static constexpr char kFirstAttemptSql[] =
      "INSERT INTO trials(sweep_id,trial_index,state,attempt,lost_attempts,"
      "lease_id,session,lease_time,depth,lp,learning_rate,seed,hidden_width,"
      "parameters) VALUES(?,?,2,1,0,?,?,?,?,?,?,?,?,?)";
  static constexpr char kNextAttemptSql[] =
      "UPDATE trials SET state=2,attempt=?,lease_id=?,session=?,lease_time=? "
      "WHERE sweep_id=? AND trial_index=? AND state=1 AND attempt=?";
  const v1::Lease& lease = write.lease;
  const int64_t sweep_id = lease.sweep_id();
  ASSIGN_OR_RETURN(const int64_t session, SessionKey(write.session_id));
  ASSIGN_OR_RETURN(const TrialParameters* parameters, ParametersOf(sweep_id));
  const std::string ranges = RangesJson(lease);
  RETURN_IF_ERROR(db_->Run(kLeaseSql, lease.lease_id(), sweep_id, session,
                           ranges, write.time)
                      .status());
  if (!holders_.contains({sweep_id, session})) {
    RETURN_IF_ERROR(db_->Run(kHolderSql, sweep_id, session).status());
    if (holders_.size() >= kMostHolders) holders_.clear();
    holders_.emplace(sweep_id, session);
  }
  for (const v1::TrialRange& range : lease.trials()) {
    const int64_t end = range.first_index() + range.count();
    if (range.first_index() < 0 || end > parameters->size()) {
      return absl::FailedPreconditionError(
          absl::StrCat("sweep ", sweep_id, " has no trial ", end - 1));
    }
    for (int64_t index = range.first_index(); index < end; ++index) {
      if (range.attempt() == 1) {
        const TrialColumns columns = parameters->At(index);
        auto inserted = db_->Run(
            kFirstAttemptSql, sweep_id, index, lease.lease_id(), session,
            write.time, columns.depth, columns.lp, columns.learning_rate,
            columns.seed, columns.hidden_width, columns.parameters);
        if (absl::IsFailedPrecondition(inserted.status())) {
          return Misplaced(sweep_id, index, "never given out");
        }
        RETURN_IF_ERROR(inserted.status());
        continue;
      }
      ASSIGN_OR_RETURN(
          const int64_t changed,
          db_->Run(kNextAttemptSql, range.attempt(), lease.lease_id(), session,
                   write.time, sweep_id, index, range.attempt() - 1));
      if (changed != 1) {
        return Misplaced(
            sweep_id, index,
            absl::StrCat("pending after attempt ", range.attempt() - 1));
      }
      // The points that a lost attempt left are not needed any more.
      RETURN_IF_ERROR(DropPoints(sweep_id, index));
    }
  }
  return absl::OkStatus();
}

// The lease may be gone already, which is no error, but it must not be deleted
// while trials hold it.
absl::Status Ledger::Apply(const DeleteLease& write) {
  static constexpr char kOpenSql[] =
      "SELECT t.trial_index FROM leases AS l "
      "CROSS JOIN json_each(l.ranges) AS r "
      "CROSS JOIN trials AS t ON t.sweep_id=l.sweep_id "
      "AND t.trial_index>=r.value->>0 "
      "AND t.trial_index<(r.value->>0)+(r.value->>1) "
      "WHERE l.lease_id=? AND t.state=2 AND t.lease_id=l.lease_id LIMIT 1";
  static constexpr char kDeleteSql[] = "DELETE FROM leases WHERE lease_id=?";
  ASSIGN_OR_RETURN(const auto open, db_->Find(kOpenSql, write.lease_id));
  if (open.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("trial ", *open, " still holds lease ", write.lease_id));
  }
  return db_->Run(kDeleteSql, write.lease_id).status();
}

absl::Status Ledger::Apply(const InsertSweepNumerics& write) {
  static constexpr char kInsertSql[] =
      "INSERT OR IGNORE INTO sweep_numerics(sweep_id,numerics,time) "
      "VALUES(?,?,?)";
  return db_->Run(kInsertSql, write.sweep_id, write.numerics, write.time)
      .status();
}

absl::Status Ledger::Misplaced(int64_t sweep_id, int64_t trial_index,
                               absl::string_view wanted) {
  static constexpr char kSelectSql[] =
      "SELECT state,attempt,lease_id FROM trials "
      "WHERE sweep_id=? AND trial_index=?";
  sqlite::Query query(*db_, kSelectSql, sweep_id, trial_index);
  std::string found = "never given out";
  if (query.Next()) {
    found = absl::StrCat(
        "in state ",
        v1::TrialState_Name(static_cast<v1::TrialState>(query.Int64(0))),
        " on attempt ", query.Int64(1), " of lease ", query.Int64(2));
  }
  RETURN_IF_ERROR(query.status());
  return absl::FailedPreconditionError(
      absl::StrCat("sweep ", sweep_id, " trial ", trial_index, " should be ",
                   wanted, " and is ", found));
}

absl::StatusOr<int64_t> Ledger::SessionKey(const std::string& session_id) {
  static constexpr char kSelectSql[] =
      "SELECT session FROM sessions WHERE session_id=?";
  const auto known = session_keys_.find(session_id);
  if (known != session_keys_.end()) return known->second;
  ASSIGN_OR_RETURN(const auto key, db_->Find(kSelectSql, session_id));
  if (!key.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no session ", session_id, " in the ledger"));
  }
  session_keys_.emplace(session_id, *key);
  return *key;
}

absl::StatusOr<const TrialParameters*> Ledger::ParametersOf(int64_t sweep_id) {
  static constexpr char kSelectSql[] =
      "SELECT spec,revision FROM sweep_specs WHERE sweep_id=?";
  static constexpr size_t kMostCached = 64;
  const auto known = parameters_.find(sweep_id);
  if (known != parameters_.end()) return known->second.get();
  sqlite::Query query(*db_, kSelectSql, sweep_id);
  if (!query.Next()) {
    RETURN_IF_ERROR(query.status());
    return absl::FailedPreconditionError(
        absl::StrCat("there is no sweep ", sweep_id, " in the ledger"));
  }
  v1::SweepSpec spec;
  const std::string why =
      ReadStoredSpec(query.View(0), static_cast<int>(query.Int64(1)), &spec);
  if (!why.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("sweep ", sweep_id, " cannot be given out: ", why));
  }
  ASSIGN_OR_RETURN(TrialParameters parameters, TrialParameters::Create(spec));
  if (parameters_.size() >= kMostCached) parameters_.clear();
  auto& slot = parameters_[sweep_id];
  slot = std::make_unique<TrialParameters>(std::move(parameters));
  return slot.get();
}

}  // namespace fathom::server
