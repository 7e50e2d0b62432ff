// The writes of Ledger that change a given trial: how trials end or are
// returned.

#include <cmath>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/states.h"
#include "server/limits.h"
#include "server/store/database.h"
#include "server/store/json_text.h"
#include "server/store/ledger.h"

namespace fathom::server {
namespace {

std::optional<double> FinalLoss(const v1::TrialResult& result) {
  if (!result.has_final_loss()) return std::nullopt;
  return result.final_loss();
}

std::optional<double> BestLoss(const v1::TrialResult& result) {
  if (!result.has_best_loss()) return std::nullopt;
  return result.best_loss();
}

std::optional<int64_t> Weights(const v1::TrialResult& result) {
  if (result.weights() == 0) return std::nullopt;
  return result.weights();
}

std::optional<std::string> TextOrNull(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// Returns the loss as SQLite stores it, which has NULL for NaN.
std::optional<double> Stored(std::optional<double> loss) {
  if (loss.has_value() && std::isnan(*loss)) return std::nullopt;
  return loss;
}

// The part of a result on which two runs of a trial must agree.
struct Conclusion {
  int64_t outcome = 0;
  int64_t steps = 0;
  std::optional<double> final_loss;
  std::optional<double> best_loss;
  int64_t best_step = 0;

  bool operator==(const Conclusion&) const = default;
};

std::string LossText(const std::optional<double>& loss) {
  return loss.has_value() ? absl::StrFormat("%.17g", *loss) : "none";
}

std::string ConclusionText(const Conclusion& c) {
  return absl::StrCat("state ", c.outcome, ", ", c.steps, " steps, final loss ",
                      LossText(c.final_loss), ", best loss ",
                      LossText(c.best_loss), " at step ", c.best_step);
}

}  // namespace

absl::Status Ledger::Apply(const RecordReport& write) {
  // For an attempt whose result is in this report, the check of the result
  // below serves for its points, too.
  absl::flat_hash_set<std::pair<int64_t, int32_t>> ended;
  for (const v1::TrialResult& result : write.report.results()) {
    ended.emplace(result.trial_index(), result.attempt());
  }
  for (const v1::Resumption& resumption : write.report.resumptions()) {
    RETURN_IF_ERROR(CheckHolds(write.report, resumption.trial_index(),
                               resumption.attempt()));
    RETURN_IF_ERROR(Resume(write.report.sweep_id(), resumption));
  }
  for (const v1::TrialPoints& points : write.report.points()) {
    if (!ended.contains({points.trial_index(), points.attempt()})) {
      RETURN_IF_ERROR(
          CheckHolds(write.report, points.trial_index(), points.attempt()));
    }
    RETURN_IF_ERROR(RecordPoints(write.report.sweep_id(), points));
  }
  for (const v1::TrialCheckpoint& checkpoint : write.report.checkpoints()) {
    RETURN_IF_ERROR(RecordCheckpoint(write, checkpoint));
  }
  for (const v1::TrialResult& result : write.report.results()) {
    RETURN_IF_ERROR(RecordResult(write, result));
  }
  return absl::OkStatus();
}

absl::Status Ledger::CheckHolds(const v1::Report& report, int64_t trial_index,
                                int32_t attempt) {
  static constexpr char kHoldsSql[] =
      "SELECT 1 FROM trials WHERE sweep_id=? AND trial_index=? AND attempt=? "
      "AND state=2 AND lease_id=?";
  ASSIGN_OR_RETURN(const auto holds,
                   db_->Find(kHoldsSql, report.sweep_id(), trial_index, attempt,
                             report.lease_id()));
  if (holds.has_value()) return absl::OkStatus();
  return Misplaced(
      report.sweep_id(), trial_index,
      absl::StrCat("on attempt ", attempt, " of lease ", report.lease_id()));
}

// A chunk comes again when its acknowledgement was lost; the first copy stays.
absl::Status Ledger::RecordPoints(int64_t sweep_id,
                                  const v1::TrialPoints& points) {
  static constexpr char kInsertSql[] =
      "INSERT OR IGNORE INTO metric_chunks(sweep_id,trial_index,attempt,chunk,"
      "metrics,points) VALUES(?,?,?,?,?,?)";
  if (int64_t{points.steps_size()} * points.metrics_size() !=
      points.values_size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "sweep ", sweep_id, " trial ", points.trial_index(), " chunk ",
        points.chunk(), ": ", points.values_size(), " values for ",
        points.steps_size(), " steps of ", points.metrics_size(), " metrics"));
  }
  const std::string metrics = MetricsJson(points);
  json_.clear();
  AppendPointsJson(points, &json_);
  return db_
      ->Run(kInsertSql, sweep_id, points.trial_index(), points.attempt(),
            points.chunk(), metrics, json_)
      .status();
}

absl::Status Ledger::RecordResult(const RecordReport& write,
                                  const v1::TrialResult& result) {
  static constexpr char kUpdateSql[] =
      "UPDATE trials SET state=?,end_time=?,steps=?,final_loss=?,best_loss=?,"
      "best_step=?,seconds=?,error=?,numerics=?,weights=? "
      "WHERE sweep_id=? AND trial_index=? AND attempt=? AND state=2 "
      "AND lease_id=?";
  const int64_t sweep_id = write.report.sweep_id();
  if (!IsOutcome(result.outcome())) {
    return absl::InvalidArgumentError(
        absl::StrCat("sweep ", sweep_id, " trial ", result.trial_index(),
                     ": state ", int{result.outcome()}, " is not an outcome"));
  }
  ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run(kUpdateSql, int{result.outcome()}, write.time, result.steps(),
               FinalLoss(result), BestLoss(result), result.best_step(),
               result.seconds(), TextOrNull(result.error()),
               TextOrNull(result.numerics()), Weights(result), sweep_id,
               result.trial_index(), result.attempt(),
               write.report.lease_id()));
  if (changed == 1) {
    return DropCheckpoint(sweep_id, result.trial_index());
  }
  return Misplaced(sweep_id, result.trial_index(),
                   absl::StrCat("on attempt ", result.attempt(), " of lease ",
                                write.report.lease_id()));
}

// A result is compared only if the session was given this attempt according to
// this ledger. A result that belongs to another history, for example from
// before a backup was restored, says nothing about the trial.
absl::Status Ledger::Apply(const CompareResult& write) {
  static constexpr char kSelectSql[] =
      "SELECT t.state,t.steps,t.final_loss,t.best_loss,t.best_step,t.attempt,"
      "w.worker,v.worker FROM trials AS t JOIN sessions AS w ON "
      "w.session=t.session "
      "JOIN sessions AS v ON v.session_id=?4 "
      "AND ifnull(?5,v.numerics)=ifnull(t.numerics,w.numerics) "
      "WHERE t.sweep_id=?1 AND t.trial_index=?2 "
      "AND EXISTS(SELECT 1 FROM sweeps AS s WHERE s.sweep_id=?1) "
      "AND(t.attempt=?3 AND t.session=v.session OR EXISTS("
      "SELECT 1 FROM past_attempts AS p WHERE p.sweep_id=?1 "
      "AND p.trial_index=?2 AND p.attempt=?3 AND p.session=v.session))";
  const v1::TrialResult& late = write.result;
  // A query refers to texts until it has ended.
  const std::optional<std::string> numerics = TextOrNull(late.numerics());
  if (late.outcome() == v1::TRIAL_STATE_FAILED) return absl::OkStatus();
  const Conclusion second{.outcome = late.outcome(),
                          .steps = late.steps(),
                          .final_loss = Stored(FinalLoss(late)),
                          .best_loss = Stored(BestLoss(late)),
                          .best_step = late.best_step()};
  Conclusion first;
  int64_t attempt = 0;
  std::string recorded_by;
  std::string found_by;
  {
    sqlite::Query query(*db_, kSelectSql, write.sweep_id, late.trial_index(),
                        late.attempt(), write.session_id, numerics);
    if (!query.Next()) return query.status();
    first.outcome = query.Int64(0);
    // An unfinished, cancelled or failed trial has no result to compare with.
    if (!IsOutcome(static_cast<int>(first.outcome)) ||
        first.outcome == v1::TRIAL_STATE_FAILED) {
      return absl::OkStatus();
    }
    first.steps = query.Int64(1);
    if (!query.IsNull(2)) first.final_loss = query.Double(2);
    if (!query.IsNull(3)) first.best_loss = query.Double(3);
    first.best_step = query.Int64(4);
    attempt = query.Int64(5);
    recorded_by = query.Text(6);
    found_by = query.Text(7);
  }
  if (first == second) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool kept, CountMismatch(write.sweep_id));
  if (!kept) return absl::OkStatus();
  return Apply(InsertEvent{
      .kind = "result_mismatch",
      .sweep_id = write.sweep_id,
      .trial_index = late.trial_index(),
      .message = absl::StrCat("attempt ", attempt, " recorded ",
                              ConclusionText(first), ", worker ", recorded_by,
                              "; attempt ", late.attempt(), " found ",
                              ConclusionText(second), ", worker ", found_by),
      .time = write.time});
}

absl::StatusOr<bool> Ledger::CountMismatch(int64_t sweep_id) {
  static constexpr char kCountSql[] =
      "SELECT (SELECT COUNT(*) FROM event_log WHERE kind='result_mismatch' "
      "AND sweep_id=?1)+IFNULL((SELECT count FROM past_events "
      "WHERE kind='result_mismatch' AND sweep_id=?1),0)";
  const auto known = mismatches_.find(sweep_id);
  if (known != mismatches_.end()) {
    return ++known->second <= kMaxMismatchesPerSweep;
  }
  ASSIGN_OR_RETURN(const auto before, db_->Find(kCountSql, sweep_id));
  const int64_t count = before.value_or(0) + 1;
  mismatches_.emplace(sweep_id, count);
  return count <= kMaxMismatchesPerSweep;
}

absl::Status Ledger::Apply(const RecordLateReport& write) {
  static constexpr char kPendingSql[] =
      "SELECT 1 FROM trials WHERE sweep_id=? AND trial_index=? AND attempt=? "
      "AND state=1 AND session=?";
  const int64_t sweep_id = write.report.sweep_id();
  ASSIGN_OR_RETURN(const int64_t session, SessionKey(write.session_id));
  for (const v1::TrialPoints& points : write.report.points()) {
    ASSIGN_OR_RETURN(const auto pending,
                     db_->Find(kPendingSql, sweep_id, points.trial_index(),
                               points.attempt(), session));
    if (!pending.has_value()) {
      return Misplaced(
          sweep_id, points.trial_index(),
          absl::StrCat("pending after attempt ", points.attempt()));
    }
    RETURN_IF_ERROR(RecordPoints(sweep_id, points));
  }
  for (const v1::TrialResult& result : write.report.results()) {
    RETURN_IF_ERROR(RecordLateResult(write, session, result));
  }
  return absl::OkStatus();
}

absl::Status Ledger::RecordLateResult(const RecordLateReport& write,
                                      int64_t session,
                                      const v1::TrialResult& result) {
  static constexpr char kForgetSql[] =
      "DELETE FROM past_attempts WHERE sweep_id=? AND trial_index=? "
      "AND attempt=? AND session=? AND lost=1";
  static constexpr char kUpdateSql[] =
      "UPDATE trials SET state=?,end_time=?,steps=?,final_loss=?,best_loss=?,"
      "best_step=?,seconds=?,error=?,numerics=?,weights=?,"
      "lost_attempts=lost_attempts-1 "
      "WHERE sweep_id=? AND trial_index=? AND attempt=? AND state=1 "
      "AND session=?";
  const int64_t sweep_id = write.report.sweep_id();
  ASSIGN_OR_RETURN(const int64_t forgotten,
                   db_->Run(kForgetSql, sweep_id, result.trial_index(),
                            result.attempt(), session));
  ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run(kUpdateSql, int{result.outcome()}, write.time, result.steps(),
               FinalLoss(result), BestLoss(result), result.best_step(),
               result.seconds(), TextOrNull(result.error()),
               TextOrNull(result.numerics()), Weights(result), sweep_id,
               result.trial_index(), result.attempt(), session));
  if (forgotten == 1 && changed == 1) {
    return DropCheckpoint(sweep_id, result.trial_index());
  }
  return Misplaced(
      sweep_id, result.trial_index(),
      absl::StrCat("pending after attempt ", result.attempt(), " was lost"));
}

// The points of a lost attempt stay until the next attempt begins, as its
// result may still come. Older attempts have left no points.
absl::Status Ledger::Apply(const ReturnTrial& write) {
  static constexpr char kReturnSql[] =
      "UPDATE trials SET state=1,lease_id=0,lost_attempts=lost_attempts+? "
      "WHERE sweep_id=? AND trial_index=? AND state=2 AND attempt=?";
  RETURN_IF_ERROR(RecordPastAttempt(write.sweep_id, write.trial_index,
                                    write.attempt, write.lost, write.time,
                                    write.bundle));
  RETURN_IF_ERROR(db_->Run(kReturnSql, write.lost ? 1 : 0, write.sweep_id,
                           write.trial_index, write.attempt)
                      .status());
  if (write.lost) return absl::OkStatus();
  return DropPoints(write.sweep_id, write.trial_index);
}

// The trial is leased; the worker that it has just lost was the last one. The
// points of this attempt stay.
absl::Status Ledger::Apply(const QuarantineTrial& write) {
  static constexpr char kFailSql[] =
      "UPDATE trials SET state=6,end_time=?,error=?,"
      "lost_attempts=lost_attempts+1 "
      "WHERE sweep_id=? AND trial_index=? AND state=2 AND attempt=?";
  RETURN_IF_ERROR(RecordPastAttempt(write.sweep_id, write.trial_index,
                                    write.attempt, /*lost=*/true, write.time,
                                    /*bundle=*/1));
  RETURN_IF_ERROR(db_->Run(kFailSql, write.time, write.error, write.sweep_id,
                           write.trial_index, write.attempt)
                      .status());
  return DropCheckpoint(write.sweep_id, write.trial_index);
}

// The last attempt of the trial becomes a past attempt, unless the trial was
// quarantined: then it is one already.
absl::Status Ledger::Apply(const RetryTrial& write) {
  static constexpr char kPastSql[] =
      "INSERT OR IGNORE INTO past_attempts(sweep_id,trial_index,attempt,lost,"
      "session,lease_time,end_time) SELECT sweep_id,trial_index,attempt,2,"
      "session,lease_time,end_time FROM trials "
      "WHERE sweep_id=? AND trial_index=? AND state=6 AND attempt=?";
  static constexpr char kForgiveSql[] =
      "UPDATE past_attempts SET bundle=0 "
      "WHERE sweep_id=? AND trial_index=? AND lost=1 AND bundle=1";
  static constexpr char kRetrySql[] =
      "UPDATE trials SET state=1,lease_id=0,end_time=NULL,steps=NULL,"
      "final_loss=NULL,best_loss=NULL,best_step=NULL,seconds=NULL,error=NULL,"
      "numerics=NULL,weights=NULL "
      "WHERE sweep_id=? AND trial_index=? AND state=6 AND attempt=?";
  const int64_t sweep_id = write.sweep_id;
  const int64_t index = write.trial_index;
  RETURN_IF_ERROR(db_->Run(kPastSql, sweep_id, index, write.attempt).status());
  RETURN_IF_ERROR(db_->Run(kForgiveSql, sweep_id, index).status());
  ASSIGN_OR_RETURN(const int64_t changed,
                   db_->Run(kRetrySql, sweep_id, index, write.attempt));
  if (changed != 1) return Misplaced(sweep_id, index, "failed");
  return DropPoints(sweep_id, index);
}

// Finds leased trials through their leases and returned trials through the
// index trials_returned, and so does not look at finished trials.
absl::Status Ledger::Apply(const CancelTrials& write) {
  static constexpr char kLeasedSql[] =
      "UPDATE trials SET state=7,end_time=?2 WHERE sweep_id=?1 "
      "AND trial_index IN(SELECT t.trial_index FROM leases AS l "
      "CROSS JOIN json_each(l.ranges) AS r "
      "CROSS JOIN trials AS t ON t.sweep_id=l.sweep_id "
      "AND t.trial_index>=r.value->>0 "
      "AND t.trial_index<(r.value->>0)+(r.value->>1) "
      "WHERE l.sweep_id=?1 AND t.state=2 AND t.lease_id=l.lease_id)";
  static constexpr char kReturnedSql[] =
      "UPDATE trials INDEXED BY trials_returned SET state=7,end_time=? "
      "WHERE sweep_id=? AND state=1";
  static constexpr char kLeasesSql[] = "DELETE FROM leases WHERE sweep_id=?";
  RETURN_IF_ERROR(db_->Run(kLeasedSql, write.sweep_id, write.time).status());
  RETURN_IF_ERROR(db_->Run(kReturnedSql, write.time, write.sweep_id).status());
  RETURN_IF_ERROR(DropCheckpoints(write.sweep_id));
  return db_->Run(kLeasesSql, write.sweep_id).status();
}

absl::Status Ledger::RecordPastAttempt(int64_t sweep_id, int64_t trial_index,
                                       int32_t attempt, bool lost,
                                       absl::Time time, int64_t bundle) {
  static constexpr char kInsertSql[] =
      "INSERT INTO past_attempts(sweep_id,trial_index,attempt,lost,session,"
      "lease_time,end_time,bundle) SELECT sweep_id,trial_index,attempt,?,"
      "session,lease_time,?,? FROM trials "
      "WHERE sweep_id=? AND trial_index=? AND state=2 AND attempt=?";
  ASSIGN_OR_RETURN(const int64_t inserted,
                   db_->Run(kInsertSql, lost ? 1 : 0, time, bundle, sweep_id,
                            trial_index, attempt));
  if (inserted == 1) return absl::OkStatus();
  return Misplaced(sweep_id, trial_index,
                   absl::StrCat("leased on attempt ", attempt));
}

}  // namespace fathom::server
