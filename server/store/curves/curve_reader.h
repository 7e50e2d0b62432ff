#ifndef FATHOM_SERVER_STORE_CURVES_CURVE_READER_H_
#define FATHOM_SERVER_STORE_CURVES_CURVE_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fathom/v1/sweep_service.pb.h"
#include "server/store/curves/curve_batch.h"
#include "server/store/curves/points_text.h"
#include "server/store/database.h"

namespace fathom::server {

// Says which curves of a sweep are wanted: those of the places `first` to `end`
// - 1, which are positions in `trials` when that is not empty, and trial
// indices otherwise.
struct CurveQuestion {
  int64_t sweep_id = 0;
  std::string metric = {};  // Name of the metric.
  bool ends = false;        // Only the first and last points.
  int64_t first = 0;
  int64_t end = 0;
  std::vector<int64_t> trials = {};  // In ascending order.
};

// Some curves, and the place of the first trial that did not fit into the
// batch.
struct CurvePiece {
  v1::CurveBatch batch = {};
  int64_t next = 0;
};

// Reads curves of a sweep, on a database connection of its own.
//
// Used by one thread at a time.
class CurveReader {
 public:
  CurveReader(std::unique_ptr<sqlite::Database> db, CurveQuestion question);

  // Reads the curves from place `first` on, up to place `end` or until the
  // batch is full. Each curve is read from one state of the ledger, and no
  // snapshot is held after the call. DATA_LOSS, with the place in the ledger,
  // when the ledger does not hold points there; DEADLINE_EXCEEDED once
  // `is_over` returns true; also the errors of the connection.
  absl::StatusOr<CurvePiece> Read(int64_t first, int64_t end,
                                  absl::FunctionRef<bool()> is_over);

 private:
  // Reads the curves of trials `first` to `end` - 1 until the batch is full.
  // Returns the first trial that was not read.
  absl::StatusOr<int64_t> ReadTrials(int64_t first, int64_t end,
                                     absl::FunctionRef<bool()> is_over,
                                     CurveBatchBuilder* batch);
  // Reads the state of the trial in `row`.
  absl::StatusOr<TrialHead> ReadHead(const sqlite::Query& row) const;
  // Returns the error that ended the rows after trial `last`, if there was one.
  absl::Status EndOfRows(const sqlite::Query& row,
                         const std::optional<TrialHead>& last) const;
  // Adds the chunk in `row` to the curve.
  absl::Status AddChunk(const sqlite::Query& row);
  // Keeps only the first and the last finite point of the curve.
  absl::Status AddEnds(absl::string_view points);

  const std::unique_ptr<sqlite::Database> db_;
  const CurveQuestion question_;
  const std::string quoted_metric_;
  // The curve of the current trial.
  PointColumn curve_;
  // The metric names of the last chunk, and the place of the metric among them.
  std::string metrics_;
  ColumnPlace place_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CURVES_CURVE_READER_H_
