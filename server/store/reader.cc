#include "server/store/reader.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/states.h"
#include "proto/sweep/fields.h"
#include "proto/sweep/fingerprint.h"
#include "server/store/audit/audit.h"
#include "server/store/backup.h"
#include "server/store/curves/curves.h"
#include "server/store/database.h"
#include "server/store/files/file_facts.h"
#include "server/store/files/file_lock.h"
#include "server/store/files/temporary_file.h"
#include "server/store/open_reader.h"
#include "server/store/queries/query.h"
#include "server/store/queries/query_process.h"
#include "server/store/sweep_rows.h"
#include "server/store/time_limit.h"

namespace fathom::server {
namespace {

using google::protobuf::util::TimeUtil;

// The begin of every statement that reads sweeps with their specs.
#define FATHOM_SELECT_SWEEPS                             \
  "SELECT " FATHOM_SWEEP_COLUMNS "," FATHOM_SPEC_COLUMNS \
  " FROM sweeps AS s LEFT JOIN sweep_specs AS d "        \
  "ON d.sweep_id=s.sweep_id "

// A name is looked for among so many, the newest.
constexpr int64_t kMostNames = 1000;

absl::Status NoSweep(absl::string_view name, absl::string_view near = "") {
  return absl::NotFoundError(absl::StrCat(
      "there is no sweep \"", name, "\"; ",
      near.empty() ? "" : absl::StrCat("did you mean ", near, "? "),
      "`fathom list` shows all"));
}

// Returns the name of a sweep that `name` may mean, or "".
std::string NearestSweep(sqlite::Database& db, absl::string_view name) {
  static constexpr char kNamesSql[] =
      "SELECT name FROM sweeps ORDER BY sweep_id DESC LIMIT ?";
  std::vector<std::string> names;
  sqlite::Query query(db, kNamesSql, kMostNames);
  while (query.Next()) names.push_back(query.Text(0));
  return NearestName(name, names);
}

// Reads the sweep in the first row. NOT_FOUND, with `name`, when there is no
// row.
absl::StatusOr<v1::Sweep> ReadFirst(sqlite::Query& query,
                                    absl::string_view name) {
  if (query.Next()) return ReadSweepWithSpec(query);
  RETURN_IF_ERROR(query.status());
  return NoSweep(name);
}

v1::TrialResult ReadResult(const sqlite::Query& row) {
  v1::TrialResult result;
  result.set_trial_index(row.Int64(1));
  result.set_outcome(static_cast<v1::TrialState>(row.Int64(2)));
  result.set_attempt(static_cast<int32_t>(row.Int64(3)));
  result.set_steps(row.Int64(9));
  if (!row.IsNull(10)) result.set_final_loss(row.Double(10));
  if (!row.IsNull(11)) result.set_best_loss(row.Double(11));
  result.set_best_step(row.Int64(12));
  result.set_seconds(row.Double(13));
  result.set_error(row.Text(14));
  result.set_weights(row.Int64(15));
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LedgerReader>> LedgerReader::Open(
    const std::string& path) {
  RETURN_IF_ERROR(OpenForReading(path).status());
  return std::unique_ptr<LedgerReader>(new LedgerReader(path));
}

absl::StatusOr<v1::Sweep> LedgerReader::GetSweep(int64_t sweep_id) const {
  static constexpr char kByIdSql[] = FATHOM_SELECT_SWEEPS "WHERE s.sweep_id=?";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  sqlite::Query query(*db, kByIdSql, sweep_id);
  return ReadFirst(query, absl::StrCat(sweep_id));
}

absl::StatusOr<v1::Sweep> LedgerReader::GetSweep(absl::string_view name) const {
  static constexpr char kByNameSql[] =
      FATHOM_SELECT_SWEEPS "WHERE s.name=? ORDER BY s.sweep_id DESC LIMIT 1";
  absl::StatusOr<v1::Sweep> numbered = NoSweep(name);
  if (int64_t sweep_id = 0; absl::SimpleAtoi(name, &sweep_id)) {
    numbered = GetSweep(sweep_id);
    if (!numbered.ok() && !absl::IsNotFound(numbered.status())) return numbered;
    if (absl::StartsWith(name, "+")) return numbered;
  }
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  sqlite::Query query(*db, kByNameSql, name);
  absl::StatusOr<v1::Sweep> named = ReadFirst(query, name);
  if (!numbered.ok()) {
    return absl::IsNotFound(named.status())
               ? NoSweep(name, NearestSweep(*db, name))
               : named;
  }
  if (!named.ok() && !absl::IsNotFound(named.status())) return named;
  if (!named.ok() || named->sweep_id() == numbered->sweep_id()) return numbered;
  return absl::InvalidArgumentError(absl::StrCat(
      "found sweep \"", name, "\", which is the number of the sweep ",
      numbered->spec().name(), " and the name of sweep ", named->sweep_id(),
      "; expected +", numbered->sweep_id(), " for the former or +",
      named->sweep_id(), " for the latter"));
}

bool LedgerReader::IsAttended() const { return FileLock::IsHeld(path_); }

absl::StatusOr<v1::Sweep> LedgerReader::FindSweep(
    absl::Span<const std::string> fingerprints) const {
  static constexpr char kSelectSql[] = FATHOM_SELECT_SWEEPS
      "WHERE s.fingerprint=? AND s.state<>3 ORDER BY s.sweep_id DESC LIMIT 1";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  for (const std::string& fingerprint : fingerprints) {
    sqlite::Query query(*db, kSelectSql, fingerprint);
    absl::StatusOr<v1::Sweep> sweep = ReadFirst(query, fingerprint);
    if (!absl::IsNotFound(sweep.status())) return sweep;
  }
  return absl::NotFoundError("there is no sweep of this fingerprint");
}

absl::StatusOr<std::vector<v1::Sweep>> LedgerReader::ListSweeps(
    int64_t before, int limit) const {
  static constexpr char kSelectSql[] = FATHOM_SELECT_SWEEPS
      "WHERE ?1=0 OR s.sweep_id<?1 ORDER BY s.sweep_id DESC LIMIT ?2";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  sqlite::Query query(*db, kSelectSql, before, limit);
  std::vector<v1::Sweep> sweeps;
  while (query.Next()) sweeps.push_back(ReadListedSweep(query));
  RETURN_IF_ERROR(query.status());
  return sweeps;
}

absl::StatusOr<std::vector<v1::Sweep>> LedgerReader::ListEnded(
    absl::Time time) const {
  static constexpr char kSelectSql[] =
      "SELECT " FATHOM_SWEEP_COLUMNS
      " FROM sweeps AS s WHERE s.state<>1 AND s.end_time<? "
      "ORDER BY s.end_time,s.sweep_id";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  sqlite::Query query(*db, kSelectSql, time);
  std::vector<v1::Sweep> sweeps;
  while (query.Next()) sweeps.push_back(ReadSweep(query));
  RETURN_IF_ERROR(query.status());
  return sweeps;
}

absl::StatusOr<v1::Trial> LedgerReader::GetTrial(int64_t sweep_id,
                                                 int64_t trial_index) const {
  static constexpr char kSelectSql[] =
      "SELECT t.sweep_id,t.trial_index,t.state,t.attempt,t.lost_attempts,"
      "w.worker,ifnull(t.numerics,w.numerics),t.lease_time,t.end_time,t.steps,"
      "t.final_loss,"
      "t.best_loss,t.best_step,t.seconds,t.error,t.weights,c."
      "time," FATHOM_CHECKPOINT_COLUMNS
      " FROM trials AS t LEFT JOIN sessions AS w ON w.session=t.session "
      "LEFT JOIN trial_checkpoints AS c ON c.sweep_id=t.sweep_id "
      "AND c.trial_index=t.trial_index "
      "WHERE t.sweep_id=? AND t.trial_index=?";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  sqlite::Query query(*db, kSelectSql, sweep_id, trial_index);
  v1::Trial trial;
  trial.set_sweep_id(sweep_id);
  trial.set_trial_index(trial_index);
  trial.set_state(v1::TRIAL_STATE_PENDING);
  if (!query.Next()) {
    RETURN_IF_ERROR(query.status());
    return trial;
  }
  trial.set_state(static_cast<v1::TrialState>(query.Int64(2)));
  trial.set_attempt(static_cast<int32_t>(query.Int64(3)));
  trial.set_lost_attempts(static_cast<int32_t>(query.Int64(4)));
  trial.set_worker(query.Text(5));
  trial.set_numerics(query.Text(6));
  *trial.mutable_lease_time() =
      TimeUtil::MicrosecondsToTimestamp(query.Int64(7));
  if (!query.IsNull(8)) {
    *trial.mutable_end_time() =
        TimeUtil::MicrosecondsToTimestamp(query.Int64(8));
  }
  if (IsOutcome(trial.state())) *trial.mutable_result() = ReadResult(query);
  constexpr int kCheckpointColumn = 16;
  if (!query.IsNull(kCheckpointColumn)) {
    *trial.mutable_checkpoint_time() =
        TimeUtil::MicrosecondsToTimestamp(query.Int64(kCheckpointColumn));
    *trial.mutable_checkpoint() = ReadCheckpoint(query, kCheckpointColumn + 1);
  }
  return trial;
}

absl::StatusOr<v1::TrialCheckpoint> LedgerReader::GetCheckpoint(
    int64_t sweep_id, int64_t trial_index) const {
  ASSIGN_OR_RETURN(const v1::Trial trial, GetTrial(sweep_id, trial_index));
  if (trial.has_checkpoint()) return trial.checkpoint();
  return absl::NotFoundError(absl::StrCat("sweep ", sweep_id, " trial ",
                                          trial_index, " has no checkpoint"));
}

absl::StatusOr<v1::Optimum> LedgerReader::GetOptimum(
    const v1::GetOptimumRequest& request) const {
  static constexpr char kSelectSql[] =
      "SELECT value,gap,iterations FROM optimum "
      "WHERE fingerprint=? AND numerics=?";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  const std::string fingerprint =
      OptimumFingerprint(request.data(), request.loss());
  sqlite::Query query(*db, kSelectSql, fingerprint, request.numerics());
  if (!query.Next()) {
    RETURN_IF_ERROR(query.status());
    return absl::NotFoundError("no worker has found this optimum");
  }
  v1::Optimum optimum;
  *optimum.mutable_data() = request.data();
  *optimum.mutable_loss() = request.loss();
  optimum.set_value(query.Double(0));
  optimum.set_gap(query.Double(1));
  optimum.set_iterations(static_cast<int32_t>(query.Int64(2)));
  return optimum;
}

absl::StatusOr<v1::Dataset> LedgerReader::GetDatasetInfo(
    absl::string_view digest) const {
  static constexpr char kSelectSql[] =
      "SELECT digest,title,row_count,column_count,target_count,size_bytes "
      "FROM datasets WHERE digest=?";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  sqlite::Query query(*db, kSelectSql, digest);
  if (!query.Next()) {
    RETURN_IF_ERROR(query.status());
    return absl::NotFoundError(
        absl::StrCat("there is no dataset ", digest, " in the ledger"));
  }
  v1::Dataset dataset;
  dataset.set_digest(query.Text(0));
  dataset.set_title(query.Text(1));
  dataset.set_rows(query.Int64(2));
  dataset.set_columns(static_cast<int32_t>(query.Int64(3)));
  dataset.set_targets(static_cast<int32_t>(query.Int64(4)));
  dataset.set_size_bytes(query.Int64(5));
  return dataset;
}

absl::StatusOr<std::string> LedgerReader::FindMissing(
    absl::Span<const std::string> digests) const {
  static constexpr char kKnownSql[] = "SELECT 1 FROM datasets WHERE digest=?";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  for (const std::string& digest : digests) {
    ASSIGN_OR_RETURN(const auto known, db->Find(kKnownSql, digest));
    if (!known.has_value()) return digest;
  }
  return std::string();
}

absl::StatusOr<std::string> LedgerReader::ReadDatasetPiece(
    absl::string_view digest, int64_t piece) const {
  static constexpr char kSelectSql[] =
      "SELECT c.bytes FROM datasets AS d "
      "JOIN dataset_chunks AS c ON c.dataset_id=d.dataset_id "
      "WHERE d.digest=? AND c.chunk=?";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  sqlite::Query query(*db, kSelectSql, digest, piece);
  if (query.Next()) return query.Text(0);
  RETURN_IF_ERROR(query.status());
  return absl::NotFoundError(absl::StrCat(
      "there is no piece ", piece, " of a dataset ", digest, " in the ledger"));
}

absl::Status LedgerReader::Query(
    const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
    absl::FunctionRef<bool()> is_cancelled) const {
  return RunQueryProcess({path_}, request, consume, is_cancelled);
}

absl::Status LedgerReader::QueryHere(
    const v1::QueryRequest& request,
    absl::FunctionRef<absl::Status(v1::QueryResponse)> consume,
    absl::FunctionRef<void()> confine) const {
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  confine();
  return RunUserQuery(*db, request, consume);
}

absl::Status LedgerReader::ReadCurves(
    const v1::ReadCurvesRequest& request,
    absl::FunctionRef<absl::Status(v1::CurveBatch)> consume,
    absl::FunctionRef<bool()> is_cancelled,
    absl::FunctionRef<bool(absl::AnyInvocable<void()>)> help) const {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, GetSweep(request.sweep()));
  ASSIGN_OR_RETURN(
      CurveQuestion question,
      CurvesAskedFor(request, sweep.sweep_id(), sweep.trial_count()));
  return ReadLedgerCurves([path = path_] { return Reopen(path); },
                          std::move(question), TimeLimit(request), consume,
                          is_cancelled, help);
}

absl::StatusOr<LedgerState::OpenSweep> LedgerReader::GetFailedTrials(
    int64_t sweep_id, int64_t first, int64_t end) const {
  static constexpr char kSweepSql[] = FATHOM_SELECT_SWEEPS "WHERE s.sweep_id=?";
  static constexpr char kTrialsSql[] =
      "SELECT t.trial_index,t.attempt," FATHOM_LOSS_COLUMNS
      " FROM trials AS t WHERE t.sweep_id=? AND t.trial_index>=? "
      "AND t.trial_index<? AND t.state=6 ORDER BY t.trial_index";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  RETURN_IF_ERROR(db->ExecuteScript("BEGIN"));
  LedgerState::OpenSweep open;
  {
    sqlite::Query query(*db, kSweepSql, sweep_id);
    ASSIGN_OR_RETURN(open.sweep, ReadFirst(query, absl::StrCat(sweep_id)));
    open.next_index = query.Int64(kNextIndexColumn);
  }
  sqlite::Query query(*db, kTrialsSql, sweep_id, first, end);
  while (query.Next()) {
    // A trial that was quarantined is given out alone again.
    const bool quarantined = query.Int64(2) > 0;
    open.open_trials.push_back(
        {.trial_index = query.Int64(0),
         .attempt = static_cast<int32_t>(query.Int64(1)),
         .bundle_limit = quarantined ? 1 : query.Int64(3)});
  }
  RETURN_IF_ERROR(query.status());
  return open;
}

absl::StatusOr<int64_t> LedgerReader::NextFailedTrial(int64_t sweep_id,
                                                      int64_t first) const {
  static constexpr char kNextSql[] =
      "SELECT trial_index FROM trials WHERE sweep_id=? AND trial_index>=? "
      "AND state=6 ORDER BY trial_index LIMIT 1";
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  ASSIGN_OR_RETURN(const auto next, db->Find(kNextSql, sweep_id, first));
  return next.value_or(-1);
}

absl::StatusOr<v1::AuditResponse> LedgerReader::Audit(
    const LongRead::Limits& limits) const {
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  return AuditLedger(*db, LongRead(limits, path_, "the audit"));
}

absl::StatusOr<std::string> LedgerReader::Backup(
    absl::FunctionRef<absl::Status(absl::string_view piece)> consume,
    const LongRead::Limits& limits) const {
  ASSIGN_OR_RETURN(const auto db, Reopen(path_));
  ASSIGN_OR_RETURN(
      std::string digest,
      BackUpDatabase(*db, CopyDirectory(path_),
                     LongRead(limits, path_, "the backup"), consume));
  RETURN_IF_ERROR(db->CheckUnchanged());
  return digest;
}

int LedgerReader::RemoveBackupLeftovers() const {
  return TemporaryFile::RemoveLeftovers(DirectoryOf(path_));
}

}  // namespace fathom::server
