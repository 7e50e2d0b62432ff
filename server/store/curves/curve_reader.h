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

// Which curves of a sweep. Its trials have places from `first` to `end` - 1: in
// `trials` when that is not empty, in the sweep otherwise.
struct CurveQuestion {
  int64_t sweep_id = 0;
  std::string metric = {};  // Its name.
  bool ends = false;        // CURVE_DETAIL_ENDS.
  int64_t first = 0;
  int64_t end = 0;
  std::vector<int64_t> trials = {};  // Ascending.
};

// Some curves, and the place of the first trial that found no room.
struct CurvePiece {
  v1::CurveBatch batch = {};
  int64_t next = 0;
};

// Reads curves of a sweep from a connection of its own.
//
// Used by one thread at a time.
class CurveReader {
 public:
  CurveReader(std::unique_ptr<sqlite::Database> db, CurveQuestion question);

  // Reads the trials from place `first` on, up to place `end` or until the
  // piece is full, each of them from one state of the ledger, which is let go
  // before this returns. DATA_LOSS, with the place, where the ledger holds
  // something else; DEADLINE_EXCEEDED once `is_over` says so; the errors of the
  // connection.
  absl::StatusOr<CurvePiece> Read(int64_t first, int64_t end,
                                  absl::FunctionRef<bool()> is_over);

 private:
  // Reads trials `first` to `end` - 1, until the batch is full; returns the
  // first one that was not read.
  absl::StatusOr<int64_t> ReadTrials(int64_t first, int64_t end,
                                     absl::FunctionRef<bool()> is_over,
                                     CurveBatchBuilder* batch);
  absl::StatusOr<TrialHead> ReadHead(const sqlite::Query& row) const;
  // What ended the rows after trial `last`.
  absl::Status EndOfRows(const sqlite::Query& row,
                         const std::optional<TrialHead>& last) const;
  // Adds the chunk in `row` to the curve.
  absl::Status AddChunk(const sqlite::Query& row);
  absl::Status AddEnds(absl::string_view points);

  const std::unique_ptr<sqlite::Database> db_;
  const CurveQuestion question_;
  const std::string quoted_metric_;
  // Of the trial that is being read.
  PointColumn curve_;
  // The place of the metric among the last ones that were seen.
  std::string metrics_;
  ColumnPlace place_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_STORE_CURVES_CURVE_READER_H_
