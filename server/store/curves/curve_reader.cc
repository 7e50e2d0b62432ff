#include "server/store/curves/curve_reader.h"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "sqlite3.h"

namespace fathom::server {
namespace {

// Ten times the number of points that a spec can ask for.
constexpr size_t kMostPoints = 1'000'000;
// Enough for 100,000 points of every metric.
constexpr int kMostChunkBytes = 128 << 20;
constexpr int kRowsPerCheck = 64;
constexpr int kTrialsPerCheck = 64;

enum Column {
  kTrial,
  kState,
  kSteps,
  kFinalLoss,
  kAttempt,
  kChunk,
  kMetrics,
  kPoints,
};

absl::Status Over() {
  return absl::DeadlineExceededError(
      "the curves were not read in time; ask for fewer trials at once, or "
      "raise "
      "the time limit");
}

// Returns an error that says at which trial the ledger is wrong, and `what` is.
absl::Status AtTrial(const sqlite::Database& db, int64_t sweep_id,
                     const sqlite::Query& row, const std::string& what) {
  return absl::DataLossError(absl::StrCat(db.path(), ": sweep ", sweep_id,
                                          ", trial ", row.Int64(kTrial), what));
}

}  // namespace

CurveReader::CurveReader(std::unique_ptr<sqlite::Database> db,
                         CurveQuestion question)
    : db_(std::move(db)),
      question_(std::move(question)),
      quoted_metric_(absl::StrCat("\"", question_.metric, "\"")) {
  sqlite3_limit(db_->handle(), SQLITE_LIMIT_LENGTH, kMostChunkBytes);
}

absl::StatusOr<CurvePiece> CurveReader::Read(
    int64_t first, int64_t end, absl::FunctionRef<bool()> is_over) {
  CurveBatchBuilder batch;
  int64_t next = first;
  if (question_.trials.empty()) {
    ASSIGN_OR_RETURN(next, ReadTrials(first, end, is_over, &batch));
  } else {
    const absl::Status read = db_->Snapshot([&]() -> absl::Status {
      for (; next < end && !batch.full(); ++next) {
        // Trials without rows must be interruptible, too.
        if ((next - first) % kTrialsPerCheck == 0 && is_over()) return Over();
        const int64_t trial = question_.trials[next];
        RETURN_IF_ERROR(ReadTrials(trial, trial + 1, is_over, &batch).status());
      }
      return absl::OkStatus();
    });
    RETURN_IF_ERROR(read);
  }
  return CurvePiece{batch.Take(), next};
}

absl::StatusOr<int64_t> CurveReader::ReadTrials(
    int64_t first, int64_t end, absl::FunctionRef<bool()> is_over,
    CurveBatchBuilder* batch) {
  // The points of chunks without the metric are not read from disk.
  static constexpr char kSelectSql[] =
      "SELECT t.trial_index,t.state,t.steps,t.final_loss,t.attempt,c.chunk,"
      "c.metrics,CASE WHEN instr(c.metrics,?4)>0 THEN c.points END "
      "FROM trials AS t LEFT JOIN metric_chunks AS c "
      "ON c.sweep_id=t.sweep_id AND c.trial_index=t.trial_index "
      "AND c.attempt=t.attempt "
      "WHERE t.sweep_id=?1 AND t.trial_index>=?2 AND t.trial_index<?3 "
      "ORDER BY t.trial_index,c.chunk";
  sqlite::Query row(*db_, kSelectSql, question_.sweep_id, first, end,
                    absl::string_view(quoted_metric_));
  std::optional<TrialHead> head;
  const auto end_trial = [&] {
    if (!head.has_value()) return;
    OrderPoints(&curve_);
    batch->Add(*head, curve_);
  };
  for (int64_t rows = 0; row.Next(); ++rows) {
    if (rows % kRowsPerCheck == 0 && is_over()) return Over();
    const int64_t trial = row.Int64(kTrial);
    if (!head.has_value() || head->trial != trial) {
      end_trial();
      if (batch->full()) return trial;
      ASSIGN_OR_RETURN(head, ReadHead(row));
      curve_.steps.clear();
      curve_.values.clear();
    }
    if (!row.IsNull(kPoints)) RETURN_IF_ERROR(AddChunk(row));
  }
  RETURN_IF_ERROR(EndOfRows(row, head));
  end_trial();
  return end;
}

absl::Status CurveReader::EndOfRows(
    const sqlite::Query& row, const std::optional<TrialHead>& last) const {
  if (row.status().ok() ||
      (sqlite3_errcode(db_->handle()) & 0xff) != SQLITE_TOOBIG) {
    return row.status();
  }
  return absl::DataLossError(absl::StrCat(
      db_->path(), ": sweep ", question_.sweep_id,
      last.has_value()
          ? absl::StrCat(", in trial ", last->trial, " or the next")
          : "",
      ": found a chunk of more than ", kMostChunkBytes >> 20,
      " MiB, expected points"));
}

absl::StatusOr<TrialHead> CurveReader::ReadHead(
    const sqlite::Query& row) const {
  const int64_t state = row.Int64(kState);
  if (state < 1 || state > v1::TrialState_MAX) {
    return AtTrial(*db_, question_.sweep_id, row,
                   absl::StrCat(": found state ", state, ", expected 1 to ",
                                int{v1::TrialState_MAX}));
  }
  TrialHead head{row.Int64(kTrial), static_cast<v1::TrialState>(state),
                 row.Int64(kSteps), std::numeric_limits<double>::quiet_NaN()};
  if (!row.IsNull(kFinalLoss) && std::isfinite(row.Double(kFinalLoss))) {
    head.final_loss = row.Double(kFinalLoss);
  }
  return head;
}

absl::Status CurveReader::AddChunk(const sqlite::Query& row) {
  const auto add = [&]() -> absl::Status {
    if (row.View(kMetrics) != metrics_) {
      ASSIGN_OR_RETURN(place_,
                       FindColumn(row.View(kMetrics), question_.metric));
      metrics_ = row.Text(kMetrics);
    }
    if (place_.column < 0) return absl::OkStatus();
    if (question_.ends) return AddEnds(row.View(kPoints));
    return AppendPoints(row.View(kPoints), place_, kMostPoints, &curve_);
  };
  const absl::Status status = add();
  if (status.ok()) return absl::OkStatus();
  return AtTrial(*db_, question_.sweep_id, row,
                 absl::StrCat(", attempt ", row.Int64(kAttempt), ", chunk ",
                              row.Int64(kChunk), ": ", status.message()));
}

// Merges the ends of this chunk with those of the chunks before.
absl::Status CurveReader::AddEnds(absl::string_view points) {
  ASSIGN_OR_RETURN(const std::optional<Point> last,
                   LastFinitePoint(points, place_));
  if (!last.has_value()) return absl::OkStatus();
  if (curve_.steps.empty()) {
    ASSIGN_OR_RETURN(const std::optional<Point> first,
                     FirstFinitePoint(points, place_));
    curve_.steps.push_back(first.value_or(*last).step);
    curve_.values.push_back(first.value_or(*last).value);
  }
  curve_.steps.resize(1);
  curve_.values.resize(1);
  if (last->step == curve_.steps[0]) return absl::OkStatus();
  curve_.steps.push_back(last->step);
  curve_.values.push_back(last->value);
  return absl::OkStatus();
}

}  // namespace fathom::server
