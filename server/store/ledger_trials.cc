// How trials end or come back: the writes of Ledger that change a given trial.

#include <cmath>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/shared/status.h"
#include "server/store/database.h"
#include "server/store/json_text.h"
#include "server/store/ledger.h"

namespace fathom {
namespace {

bool IsOutcome(int state) {
  return state == v1::TRIAL_STATE_SUCCEEDED ||
         state == v1::TRIAL_STATE_DIVERGED ||
         state == v1::TRIAL_STATE_STOPPED || state == v1::TRIAL_STATE_FAILED;
}

std::optional<double> FinalLoss(const v1::TrialResult& result) {
  if (!result.has_final_loss()) return std::nullopt;
  return result.final_loss();
}

std::optional<double> BestLoss(const v1::TrialResult& result) {
  if (!result.has_best_loss()) return std::nullopt;
  return result.best_loss();
}

// As SQLite keeps it: a NaN is NULL.
std::optional<double> Stored(std::optional<double> loss) {
  if (loss.has_value() && std::isnan(*loss)) return std::nullopt;
  return loss;
}

// What two runs of a trial must agree on.
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
  // The result of an attempt, in the same transaction, also proves that its
  // points may be recorded.
  absl::flat_hash_set<std::pair<int64_t, int32_t>> ended;
  for (const v1::TrialResult& result : write.report.results()) {
    ended.emplace(result.trial_index(), result.attempt());
  }
  for (const v1::TrialPoints& points : write.report.points()) {
    if (!ended.contains({points.trial_index(), points.attempt()})) {
      RETURN_IF_ERROR(CheckHolds(write.report, points));
    }
    RETURN_IF_ERROR(RecordPoints(write.report.sweep_id(), points));
  }
  for (const v1::TrialResult& result : write.report.results()) {
    RETURN_IF_ERROR(RecordResult(write, result));
  }
  return absl::OkStatus();
}

absl::Status Ledger::CheckHolds(const v1::Report& report,
                                const v1::TrialPoints& points) {
  static constexpr char kHoldsSql[] =
      "SELECT 1 FROM trials WHERE sweep_id=? AND trial_index=? AND attempt=? "
      "AND state=2 AND lease_id=?";
  ASSIGN_OR_RETURN(const auto holds,
                   db_->Find(kHoldsSql, report.sweep_id(), points.trial_index(),
                             points.attempt(), report.lease_id()));
  if (holds.has_value()) return absl::OkStatus();
  return Misplaced(report.sweep_id(), points.trial_index(),
                   absl::StrCat("on attempt ", points.attempt(), " of lease ",
                                report.lease_id()));
}

// Chunks come again when an acknowledgement was lost; the first one stays.
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
      "best_step=?,seconds=?,error=? "
      "WHERE sweep_id=? AND trial_index=? AND attempt=? AND state=2 "
      "AND lease_id=?";
  const int64_t sweep_id = write.report.sweep_id();
  if (!IsOutcome(result.outcome())) {
    return absl::InvalidArgumentError(
        absl::StrCat("sweep ", sweep_id, " trial ", result.trial_index(),
                     ": state ", int{result.outcome()}, " is not an outcome"));
  }
  std::optional<std::string> error;
  if (!result.error().empty()) error = result.error();
  ASSIGN_OR_RETURN(
      const int64_t changed,
      db_->Run(kUpdateSql, int{result.outcome()}, write.time, result.steps(),
               FinalLoss(result), BestLoss(result), result.best_step(),
               result.seconds(), error, sweep_id, result.trial_index(),
               result.attempt(), write.report.lease_id()));
  if (changed == 1) return absl::OkStatus();
  return Misplaced(sweep_id, result.trial_index(),
                   absl::StrCat("on attempt ", result.attempt(), " of lease ",
                                write.report.lease_id()));
}

absl::Status Ledger::Apply(const CompareResult& write) {
  static constexpr char kSelectSql[] =
      "SELECT state,steps,final_loss,best_loss,best_step,attempt FROM trials "
      "WHERE sweep_id=? AND trial_index=?";
  const v1::TrialResult& late = write.result;
  const Conclusion second{.outcome = late.outcome(),
                          .steps = late.steps(),
                          .final_loss = Stored(FinalLoss(late)),
                          .best_loss = Stored(BestLoss(late)),
                          .best_step = late.best_step()};
  Conclusion first;
  int64_t attempt = 0;
  {
    sqlite::Query query(*db_, kSelectSql, write.sweep_id, late.trial_index());
    if (!query.Next()) return query.status();
    first.outcome = query.Int64(0);
    // An unfinished, cancelled or quarantined trial has nothing to compare.
    if (!IsOutcome(static_cast<int>(first.outcome)) || query.IsNull(1)) {
      return absl::OkStatus();
    }
    first.steps = query.Int64(1);
    if (!query.IsNull(2)) first.final_loss = query.Double(2);
    if (!query.IsNull(3)) first.best_loss = query.Double(3);
    first.best_step = query.Int64(4);
    attempt = query.Int64(5);
  }
  if (first == second) return absl::OkStatus();
  return Apply(InsertEvent{
      .kind = "result_mismatch",
      .sweep_id = write.sweep_id,
      .trial_index = late.trial_index(),
      .message = absl::StrCat(
          "attempt ", attempt, " recorded ", ConclusionText(first),
          "; attempt ", late.attempt(), " found ", ConclusionText(second)),
      .time = write.time});
}

absl::Status Ledger::Apply(const ReturnTrial& write) {
  static constexpr char kReturnSql[] =
      "UPDATE trials SET state=1,lease_id=0,lost_attempts=lost_attempts+? "
      "WHERE sweep_id=? AND trial_index=? AND state=2";
  static constexpr char kDeletePointsSql[] =
      "DELETE FROM metric_chunks WHERE sweep_id=? AND trial_index=?";
  RETURN_IF_ERROR(RecordPastAttempt(write.sweep_id, write.trial_index,
                                    write.lost, write.time));
  RETURN_IF_ERROR(db_->Run(kReturnSql, write.lost ? 1 : 0, write.sweep_id,
                           write.trial_index)
                      .status());
  // Older attempts have left none.
  return db_->Run(kDeletePointsSql, write.sweep_id, write.trial_index).status();
}

// The worker of a leased trial is the last one that it loses. What the trial
// measured there stays.
absl::Status Ledger::Apply(const QuarantineTrial& write) {
  static constexpr char kLeasedSql[] =
      "SELECT 1 FROM trials WHERE sweep_id=? AND trial_index=? AND state=2";
  static constexpr char kFailSql[] =
      "UPDATE trials SET state=6,end_time=?,error=?,"
      "lost_attempts=lost_attempts+(state=2) "
      "WHERE sweep_id=? AND trial_index=? AND state IN(1,2)";
  ASSIGN_OR_RETURN(const auto leased,
                   db_->Find(kLeasedSql, write.sweep_id, write.trial_index));
  if (leased.has_value()) {
    RETURN_IF_ERROR(RecordPastAttempt(write.sweep_id, write.trial_index,
                                      /*lost=*/true, write.time));
  }
  ASSIGN_OR_RETURN(const int64_t changed,
                   db_->Run(kFailSql, write.time, write.error, write.sweep_id,
                            write.trial_index));
  if (changed == 1) return absl::OkStatus();
  return Misplaced(write.sweep_id, write.trial_index, "not finished");
}

// Finds the leased trials by the leases, and the returned ones by their index:
// never looks at the trials that are finished.
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
  return db_->Run(kLeasesSql, write.sweep_id).status();
}

absl::Status Ledger::RecordPastAttempt(int64_t sweep_id, int64_t trial_index,
                                       bool lost, absl::Time time) {
  static constexpr char kInsertSql[] =
      "INSERT INTO past_attempts(sweep_id,trial_index,attempt,lost,session,"
      "lease_time,end_time) SELECT sweep_id,trial_index,attempt,?,session,"
      "lease_time,? FROM trials "
      "WHERE sweep_id=? AND trial_index=? AND state=2";
  ASSIGN_OR_RETURN(
      const int64_t inserted,
      db_->Run(kInsertSql, lost ? 1 : 0, time, sweep_id, trial_index));
  if (inserted == 1) return absl::OkStatus();
  return Misplaced(sweep_id, trial_index, "leased");
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

}  // namespace fathom
