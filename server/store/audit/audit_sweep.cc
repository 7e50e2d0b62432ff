#include "server/store/audit/audit_sweep.h"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "proto/shared/sha256.h"
#include "proto/shared/status.h"
#include "proto/sweep/facts/states.h"
#include "proto/sweep/names.h"
#include "server/store/audit/audit_numerics.h"
#include "server/store/audit/curve_hash.h"

namespace fathom::server {
namespace {

// Some columns of a row of `trials`.
struct TrialRow {
  int64_t index = 0;
  int64_t state = 0;
  int64_t attempt = 0;
  int64_t lost_attempts = 0;
};

// Goes through the rows of one sweep in `trials` and, in step with them, the
// rows of the same trials in `past_attempts` and `metric_chunks`. All are in
// the order of the trials.
class SweepAuditor {
 public:
  SweepAuditor(sqlite::Database& db, const v1::Sweep& sweep, int64_t next_index,
               v1::AuditResponse& response)
      : db_(db),
        sweep_(sweep),
        next_index_(next_index),
        response_(response),
        audit_(*response.add_sweeps()),
        past_(db, kPastSql, sweep.sweep_id()),
        chunks_(db, kChunksSql, sweep.sweep_id()),
        checkpoints_(db, kCheckpointsSql, sweep.sweep_id()) {}

  absl::Status Run() {
    audit_.set_sweep_id(sweep_.sweep_id());
    audit_.set_name(sweep_.spec().name());
    audit_.set_state(sweep_.state());
    hash_.Update(absl::StrCat("sweep ", sweep_.fingerprint(), " ",
                              sweep_.trial_count(), "\n"));
    has_past_ = past_.Next();
    has_chunk_ = chunks_.Next();
    has_checkpoint_ = checkpoints_.Next();
    RETURN_IF_ERROR(WalkTrials());
    RETURN_IF_ERROR(past_.status());
    RETURN_IF_ERROR(chunks_.status());
    RETURN_IF_ERROR(checkpoints_.status());
    if (has_past_) Problem("attempts of a trial that was never given out");
    if (has_chunk_) Problem("points of a trial that was never given out");
    if (has_checkpoint_) {
      Problem("a checkpoint of a trial that was never given out");
    }
    CheckCounters();
    RETURN_IF_ERROR(CountAlarms());
    ASSIGN_OR_RETURN(const std::string wrong,
                     WrongNumerics(db_, sweep_.sweep_id()));
    if (!wrong.empty()) Problem(wrong);
    RETURN_IF_ERROR(CheckSessions());
    audit_.set_digest(hash_.HexDigest());
    return absl::OkStatus();
  }

 private:
  static constexpr char kTrialsSql[] =
      "SELECT trial_index,state,attempt,lost_attempts,lease_id,end_time,steps,"
      "final_loss,best_loss,best_step FROM trials WHERE sweep_id=? "
      "ORDER BY trial_index";
  static constexpr char kPastSql[] =
      "SELECT trial_index,attempt,lost FROM past_attempts WHERE sweep_id=? "
      "ORDER BY trial_index,attempt";
  static constexpr char kChunksSql[] =
      "SELECT trial_index,attempt,chunk,metrics,points FROM metric_chunks "
      "WHERE sweep_id=? ORDER BY trial_index,attempt,chunk";
  static constexpr char kCheckpointsSql[] =
      "SELECT trial_index,attempt,chunks FROM trial_checkpoints "
      "WHERE sweep_id=? ORDER BY trial_index";

  template <typename... Parts>
  void Problem(const Parts&... parts) {
    AddProblem(absl::StrCat("sweep ", sweep_.sweep_id(), ": ", parts...),
               response_);
  }
  template <typename... Parts>
  void Hole(int64_t count, const Parts&... parts) {
    audit_.set_holes(audit_.holes() + count);
    Problem(parts...);
  }
  template <typename... Parts>
  void Duplicate(const Parts&... parts) {
    audit_.set_duplicates(audit_.duplicates() + 1);
    Problem(parts...);
  }
  template <typename... Parts>
  void StaleWrite(const Parts&... parts) {
    audit_.set_stale_writes(audit_.stale_writes() + 1);
    Problem(parts...);
  }

  absl::Status WalkTrials() {
    sqlite::Query trials(db_, kTrialsSql, sweep_.sweep_id());
    int64_t expected = 0;
    while (trials.Next()) {
      const TrialRow trial{trials.Int64(0), trials.Int64(1), trials.Int64(2),
                           trials.Int64(3)};
      if (trial.index < expected) {
        Duplicate("trial ", trial.index, " has more than one row");
      } else if (trial.index > expected) {
        Hole(trial.index - expected, "trials ", expected, " to ",
             trial.index - 1, " were given out and have no row");
      }
      expected = trial.index + 1;
      CheckTrial(trial, trials);
      if (IsOutcome(trial.state)) HashResult(trial, trials);
      CheckAttempts(trial);
      TakeCheckpoint(trial);
      CheckCurve(trial);
    }
    RETURN_IF_ERROR(trials.status());
    if (expected < next_index_) {
      Hole(next_index_ - expected, "trials ", expected, " to ", next_index_ - 1,
           " were given out and have no row");
    } else if (expected > next_index_ || expected > sweep_.trial_count()) {
      Problem("trial ", expected - 1, " has a row and was never given out");
    }
    return absl::OkStatus();
  }

  void CheckTrial(const TrialRow& trial, const sqlite::Query& row) {
    if (trial.state < v1::TRIAL_STATE_PENDING ||
        trial.state > v1::TRIAL_STATE_CANCELLED) {
      Problem("trial ", trial.index, " is in state ", trial.state);
      return;
    }
    ++counts_[trial.state];
    const bool open = IsOpen(trial.state);
    if (open && sweep_.state() != v1::SWEEP_STATE_RUNNING) {
      Problem("trial ", trial.index, " is open in a sweep that has ended");
    }
    if (trial.state == v1::TRIAL_STATE_CANCELLED &&
        sweep_.state() != v1::SWEEP_STATE_CANCELLED) {
      Problem("trial ", trial.index, " is cancelled and its sweep is not");
    }
    if (row.IsNull(5) != open) {
      Problem("trial ", trial.index, open ? " is open and has" : " has no",
              " end time");
    }
    if (trial.state == v1::TRIAL_STATE_PENDING && row.Int64(4) != 0) {
      Problem("trial ", trial.index, " is pending and names a lease");
    }
    if (IsFinding(trial.state) && row.IsNull(6)) {
      Hole(1, "trial ", trial.index, " ended without a number of steps");
    }
  }

  // Returns the bits of a number in hex digits, "-" for NULL.
  static std::string Bits(const sqlite::Query& row, int column) {
    if (row.IsNull(column)) return "-";
    return absl::StrFormat("%016x",
                           std::bit_cast<uint64_t>(row.Double(column)));
  }

  // Adds the result of a trial to the digest. Of a failed trial only the state
  // counts, as the machine may decide how far it came.
  void HashResult(const TrialRow& trial, const sqlite::Query& row) {
    hash_.Update(absl::StrCat("trial ", trial.index, " ", trial.state));
    if (IsFinding(trial.state)) {
      hash_.Update(absl::StrCat(" ", row.Int64(6), " ", Bits(row, 7), " ",
                                Bits(row, 8), " ", row.Int64(9)));
    }
    hash_.Update("\n");
  }

  // Checks that all attempts before the last one have ended, and that the last
  // one has not, unless it ended without a result.
  void CheckAttempts(const TrialRow& trial) {
    int64_t ended = 0;
    int64_t lost = 0;
    bool last_lost = false;
    for (; has_past_ && past_.Int64(0) <= trial.index;
         has_past_ = past_.Next()) {
      if (past_.Int64(0) < trial.index) {
        Problem("trial ", past_.Int64(0), " has attempts and no row");
        continue;
      }
      const int64_t attempt = past_.Int64(1);
      if (attempt > trial.attempt) {
        StaleWrite("trial ", trial.index, " is on attempt ", trial.attempt,
                   ", and attempt ", attempt, " has ended");
        continue;
      }
      if (attempt != ++ended) {
        Hole(1, "trial ", trial.index, ": attempt ", ended, " is missing");
        ended = attempt;
      }
      last_lost = past_.Int64(2) == 1;
      lost += last_lost;
    }
    last_lost_ = ended == trial.attempt && last_lost;
    if (lost != trial.lost_attempts) {
      Problem("trial ", trial.index, " counts ", trial.lost_attempts,
              " lost attempts and has ", lost);
    }
    const bool pending = trial.state == v1::TRIAL_STATE_PENDING;
    if (ended < trial.attempt - (pending ? 0 : 1)) {
      Hole(1, "trial ", trial.index, " is on attempt ", trial.attempt,
           " and has ended ", ended);
    }
    const bool may_have_ended =
        pending || trial.state == v1::TRIAL_STATE_CANCELLED ||
        (trial.state == v1::TRIAL_STATE_FAILED && last_lost);
    if (ended == trial.attempt && !may_have_ended) {
      StaleWrite("trial ", trial.index, ": attempt ", trial.attempt,
                 " wrote after it had ended");
    }
  }

  // Finds the checkpoint of the trial, which only an open trial may have.
  void TakeCheckpoint(const TrialRow& trial) {
    kept_attempt_ = 0;
    kept_chunks_ = 0;
    for (; has_checkpoint_ && checkpoints_.Int64(0) <= trial.index;
         has_checkpoint_ = checkpoints_.Next()) {
      if (checkpoints_.Int64(0) < trial.index) {
        Problem("trial ", checkpoints_.Int64(0),
                " has a checkpoint and no row");
        continue;
      }
      kept_attempt_ = checkpoints_.Int64(1);
      kept_chunks_ = checkpoints_.Int64(2);
      if (!IsOpen(trial.state)) {
        Problem("trial ", trial.index, " has ended and has a checkpoint");
      }
      if (kept_attempt_ > trial.attempt) {
        StaleWrite("trial ", trial.index, " is on attempt ", trial.attempt,
                   " and has a checkpoint of attempt ", kept_attempt_);
      }
    }
  }

  // Whether a chunk is one of those that the checkpoint of the trial counts,
  // for which no later attempt has spoken yet; `next` is the next of them.
  bool IsKept(const TrialRow& trial, int64_t attempt, int64_t chunk,
              int64_t& next) {
    const bool between = trial.state == v1::TRIAL_STATE_PENDING && !last_lost_;
    if (attempt != kept_attempt_ || chunk >= kept_chunks_ ||
        (attempt == trial.attempt && !between)) {
      return false;
    }
    if (chunk != next) {
      Hole(1, "trial ", trial.index, ": chunk ", next,
           " before its checkpoint is missing");
    }
    next = chunk + 1;
    return true;
  }

  void CheckCurve(const TrialRow& trial) {
    int64_t next_chunk = 0;
    int64_t next_kept = 0;
    CurveHash curve(hash_);
    for (; has_chunk_ && chunks_.Int64(0) <= trial.index;
         has_chunk_ = chunks_.Next()) {
      if (chunks_.Int64(0) < trial.index) {
        Problem("trial ", chunks_.Int64(0), " has points and no row");
        continue;
      }
      const int64_t chunk = chunks_.Int64(2);
      if (IsKept(trial, chunks_.Int64(1), chunk, next_kept)) continue;
      if (chunks_.Int64(1) != trial.attempt ||
          (trial.state == v1::TRIAL_STATE_PENDING && !last_lost_)) {
        StaleWrite("trial ", trial.index, " is on attempt ", trial.attempt,
                   " and has points of attempt ", chunks_.Int64(1));
        continue;
      }
      if (chunk < next_chunk) {
        Duplicate("trial ", trial.index, " has chunk ", chunk, " twice");
      } else if (chunk > next_chunk) {
        Hole(chunk - next_chunk, "trial ", trial.index, ": chunk ", next_chunk,
             " of its curve is missing");
      }
      next_chunk = chunk + 1;
      if (IsFinding(trial.state)) curve.Add(chunks_.View(3), chunks_.View(4));
    }
    curve.End();
    // Its points are those of this attempt, or of one before it.
    const int64_t kept = kept_attempt_ == trial.attempt && next_kept == 0
                             ? next_chunk
                             : next_kept;
    if (kept < kept_chunks_) {
      Hole(kept_chunks_ - kept, "trial ", trial.index, ": of the ",
           kept_chunks_, " chunks before its checkpoint ", kept, " are there");
    }
  }

  void CheckCounter(absl::string_view name, int64_t counter, int64_t rows) {
    if (counter == rows) return;
    Problem("counts ", counter, " ", name, " trials and has ", rows);
  }

  void CheckCounters() {
    const v1::Progress& progress = sweep_.progress();
    const int64_t never = sweep_.trial_count() - next_index_;
    const bool cancelled = sweep_.state() == v1::SWEEP_STATE_CANCELLED;
    const v1::TrialState of_never =
        cancelled ? v1::TRIAL_STATE_CANCELLED : v1::TRIAL_STATE_PENDING;
    int64_t recorded = 0;
    for (const StateFacts& facts : TrialStates()) {
      const int64_t rows = counts_[facts.state];
      CheckCounter(StateName(facts.state), (progress.*facts.count)(),
                   rows + (facts.state == of_never ? never : 0));
      if (IsOutcome(facts.state)) recorded += rows;
    }
    audit_.set_recorded(recorded);
    audit_.set_expected(sweep_.state() == v1::SWEEP_STATE_COMPLETED
                            ? sweep_.trial_count()
                            : CountOutcomes(progress));
    if (audit_.expected() != recorded) {
      Problem(audit_.expected(), " results expected, ", recorded, " recorded");
    }
  }

  // A session is kept for as long as it is noted that it held trials.
  absl::Status CheckSessions() {
    static constexpr char kUnnotedSql[] =
        "SELECT COUNT(*) FROM (SELECT session FROM trials WHERE sweep_id=?1 "
        "UNION SELECT session FROM past_attempts WHERE sweep_id=?1) "
        "WHERE session NOT IN(SELECT session FROM sweep_sessions "
        "WHERE sweep_id=?1) OR session NOT IN(SELECT session FROM sessions)";
    ASSIGN_OR_RETURN(const auto unnoted,
                     db_.Find(kUnnotedSql, sweep_.sweep_id()));
    if (unnoted.value_or(0) > 0) {
      Problem("has trials of ", *unnoted, " sessions that are not noted");
    }
    return absl::OkStatus();
  }

  absl::Status CountAlarms() {
    static constexpr char kAlarmsSql[] =
        "SELECT (SELECT COUNT(*) FROM event_log WHERE kind='result_mismatch' "
        "AND sweep_id=?1)+IFNULL((SELECT count FROM past_events "
        "WHERE kind='result_mismatch' AND sweep_id=?1),0)";
    ASSIGN_OR_RETURN(const auto alarms,
                     db_.Find(kAlarmsSql, sweep_.sweep_id()));
    audit_.set_alarms(alarms.value_or(0));
    return absl::OkStatus();
  }

  sqlite::Database& db_;
  const v1::Sweep& sweep_;
  const int64_t next_index_;
  v1::AuditResponse& response_;
  v1::SweepAudit& audit_;
  sqlite::Query past_;
  sqlite::Query chunks_;
  sqlite::Query checkpoints_;
  bool has_past_ = false;
  bool has_chunk_ = false;
  bool has_checkpoint_ = false;
  // The checkpoint of the current trial; 0 and 0 for none.
  int64_t kept_attempt_ = 0;
  int64_t kept_chunks_ = 0;
  bool last_lost_ = false;  // The current trial's last attempt was lost.
  std::array<int64_t, 8> counts_ = {};
  Sha256 hash_;
};

}  // namespace

void AddProblem(std::string text, v1::AuditResponse& response) {
  constexpr int kMostProblems = 100;
  response.set_problem_count(response.problem_count() + 1);
  if (response.problems_size() < kMostProblems) {
    response.add_problems(std::move(text));
  }
}

absl::Status AuditSweep(sqlite::Database& db, const v1::Sweep& sweep,
                        int64_t next_index, v1::AuditResponse& response) {
  return SweepAuditor(db, sweep, next_index, response).Run();
}

}  // namespace fathom::server
