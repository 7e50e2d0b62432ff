#include "client/load/export_rows.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/load/curves.h"
#include "client/load/rows.h"
#include "proto/shared/status.h"
#include "proto/sweep/names.h"

namespace fathom::client {
namespace {

// Rows of one query. A query takes some milliseconds to start, so that pages
// of this size cost nothing, and none comes near to a time limit.
constexpr int64_t kResultsPerQuery = 20'000;
constexpr int64_t kSecondsPerQuery = 300;
// Points of one message.
constexpr int kPointsPerMessage = 4096;
// Trials of one call for curves. Each takes at most minutes even where a trial
// has as many points as a spec allows.
constexpr int64_t kTrialsPerCall = 10'000;

// Cells of a row of metric_points.
enum PointCell { kSweep, kTrial, kMetric, kStep, kValue, kPointCells };

// Hands points over in messages whose memory is used again.
class PointWriter {
 public:
  PointWriter(int64_t sweep, ConsumeRows consume)
      : sweep_(sweep), consume_(consume) {}

  absl::Status Begin() {
    for (const char* name : {"sweep", "trial", "metric", "step", "value"}) {
      message_.add_columns(name);
    }
    return Flush();
  }

  absl::Status Add(const std::string& metric, const TrialCurve& curve) {
    for (size_t i = 0; i < curve.at.size(); ++i) {
      v1::QueryRow& row = *message_.add_rows();
      for (int cell = 0; cell < kPointCells; ++cell) row.add_cells();
      row.mutable_cells(kSweep)->set_integer(sweep_);
      row.mutable_cells(kTrial)->set_integer(curve.trial);
      row.mutable_cells(kMetric)->set_text(metric);
      row.mutable_cells(kStep)->set_integer(curve.at[i]);
      if (std::isfinite(curve.values[i])) {
        row.mutable_cells(kValue)->set_real(curve.values[i]);
      }
      if (message_.rows_size() >= kPointsPerMessage) RETURN_IF_ERROR(Flush());
    }
    return absl::OkStatus();
  }

  absl::Status Flush() {
    RETURN_IF_ERROR(consume_(message_));
    message_.Clear();
    return absl::OkStatus();
  }

 private:
  const int64_t sweep_;
  const ConsumeRows consume_;
  v1::QueryResponse message_;
};

// Returns an answer without the rows of trials that are not taken. Column
// `place` is the trial.
v1::QueryResponse RowsTaken(const v1::QueryResponse& response, int place,
                            const TrialFilter& filter) {
  v1::QueryResponse taken;
  *taken.mutable_columns() = response.columns();
  for (const v1::QueryRow& row : response.rows()) {
    if (!filter.Takes(CellAt(row, place).integer())) continue;
    *taken.add_rows() = row;
  }
  return taken;
}

}  // namespace

absl::Status ExportResults(Connection& connection, const v1::Sweep& sweep,
                           ConsumeRows consume, const TrialFilter* filter) {
  int64_t last_trial = -1;
  int64_t rows = 0;
  do {
    rows = 0;
    v1::QueryRequest request;
    request.set_sql(absl::StrCat("SELECT * FROM results WHERE sweep = ",
                                 sweep.sweep_id(), " AND trial > ", last_trial,
                                 " ORDER BY trial LIMIT ", kResultsPerQuery));
    request.set_row_limit(kResultsPerQuery);
    request.mutable_time_limit()->set_seconds(kSecondsPerQuery);
    int place = -1;  // Of the column `trial`.
    RETURN_IF_ERROR(connection.Query(
        request, [&](const v1::QueryResponse& response) -> absl::Status {
          for (int i = 0; i < response.columns_size(); ++i) {
            if (response.columns(i) == "trial") place = i;
          }
          rows += response.rows_size();
          if (response.rows_size() > 0) {
            const v1::QueryRow& row = response.rows(response.rows_size() - 1);
            const int64_t trial = place >= 0 && place < row.cells_size()
                                      ? row.cells(place).integer()
                                      : -1;
            // Anything else could make this loop endless.
            if (trial <= last_trial) {
              return absl::InternalError(absl::StrCat(
                  "the coordinator sent results that make no sense: found "
                  "trial ",
                  trial, " after ", last_trial));
            }
            last_trial = trial;
          }
          return filter == nullptr
                     ? consume(response)
                     : consume(RowsTaken(response, place, *filter));
        }));
  } while (rows >= kResultsPerQuery);
  return absl::OkStatus();
}

absl::Status ExportPoints(Connection& connection, const v1::Sweep& sweep,
                          ConsumeRows consume, const TrialFilter* filter) {
  const TrialFilter taken =
      filter != nullptr ? *filter : TrialFilter(sweep.spec());
  PointWriter writer(sweep.sweep_id(), consume);
  RETURN_IF_ERROR(writer.Begin());
  for (const int metric : sweep.spec().trial().record().metrics()) {
    const std::string name = MetricName(static_cast<v1::Metric>(metric));
    for (int64_t first = 0; first < sweep.trial_count();
         first += kTrialsPerCall) {
      RETURN_IF_ERROR(ForEachCurveOf(
          taken, connection, sweep.sweep_id(), static_cast<v1::Metric>(metric),
          {.first = first, .end = first + kTrialsPerCall, .finite_only = false},
          [&](const TrialCurve& curve) { return writer.Add(name, curve); }));
    }
  }
  return writer.Flush();
}

}  // namespace fathom::client
