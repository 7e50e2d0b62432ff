#include "client/load/points.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/shared/status.h"
#include "proto/sweep/names.h"

namespace fathom {
namespace {

// Enough for three steps of 10^6 trials.
constexpr int64_t kMostRows = 4'000'000;
constexpr int kTimeLimitSeconds = 300;
constexpr size_t kTrialsPerQuery = 500;

// Loads rows of trial, step and value.
absl::StatusOr<std::vector<Observation>> LoadObservations(
    Connection& connection, const std::string& sql) {
  std::vector<Observation> observations;
  RETURN_IF_ERROR(ForEachRow(connection, sql, [&](const v1::QueryRow& row) {
    if (row.cells_size() != 3) return;
    const v1::QueryCell& value = row.cells(2);
    if (!value.has_real() && !value.has_integer()) return;
    observations.push_back({row.cells(0).integer(), row.cells(1).integer(),
                            value.has_real()
                                ? value.real()
                                : static_cast<double>(value.integer())});
  }));
  // The order of the rows is not promised, and a sum depends on it.
  absl::c_sort(observations, [](const Observation& a, const Observation& b) {
    return std::make_pair(a.trial, a.step) < std::make_pair(b.trial, b.step);
  });
  return observations;
}

// The points of the metric under a condition.
std::string PointsSql(const v1::Sweep& sweep, v1::Metric metric,
                      const std::string& columns,
                      const std::string& condition) {
  return absl::StrCat("SELECT ", columns,
                      " FROM metric_points WHERE sweep=", sweep.sweep_id(),
                      " AND metric='", MetricName(metric), "' AND ", condition);
}

}  // namespace

absl::Status ForEachRow(Connection& connection, const std::string& sql,
                        absl::FunctionRef<void(const v1::QueryRow&)> consume) {
  v1::QueryRequest request;
  request.set_sql(sql);
  request.set_row_limit(kMostRows);
  request.mutable_time_limit()->set_seconds(kTimeLimitSeconds);
  bool truncated = false;
  RETURN_IF_ERROR(connection.Query(
      request, [&](const v1::QueryResponse& response) -> absl::Status {
        for (const v1::QueryRow& row : response.rows()) consume(row);
        truncated |= response.truncated();
        return absl::OkStatus();
      }));
  if (truncated) {
    return absl::InvalidArgumentError(
        absl::StrCat("the sweep has more than ", kMostRows,
                     " values to summarize; name fewer steps in `summarize: "
                     "{at: ...}`, or query the results"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Observation>> LoadAtSteps(
    Connection& connection, const v1::Sweep& sweep, v1::Metric metric,
    absl::Span<const int64_t> steps) {
  return LoadObservations(
      connection,
      PointsSql(sweep, metric, "trial, step, value",
                absl::StrCat("step IN (", absl::StrJoin(steps, ","), ")")));
}

absl::StatusOr<std::vector<Observation>> LoadStopped(Connection& connection,
                                                     const v1::Sweep& sweep,
                                                     v1::Metric metric,
                                                     int64_t last_step) {
  if (sweep.progress().stopped() == 0) return std::vector<Observation>();
  // With max(), SQLite takes the other columns from the same row.
  return LoadObservations(
      connection,
      PointsSql(
          sweep, metric, "trial, max(step), value",
          absl::StrCat("trial IN (SELECT trial FROM results WHERE sweep=",
                       sweep.sweep_id(), " AND state='stopped' AND steps<",
                       last_step, ") GROUP BY trial")));
}

absl::StatusOr<TrialCurves> LoadTrialCurves(Connection& connection,
                                            const v1::Sweep& sweep,
                                            v1::Metric metric,
                                            const std::set<int64_t>& trials) {
  TrialCurves curves;
  RETURN_IF_ERROR(
      InPieces(trials, [&](const std::string& condition) -> absl::Status {
        ASSIGN_OR_RETURN(
            const std::vector<Observation> observations,
            LoadObservations(
                connection,
                PointsSql(sweep, metric, "trial, step, value", condition)));
        for (const Observation& observation : observations) {
          curves[observation.trial].push_back(observation);
        }
        return absl::OkStatus();
      }));
  return curves;
}

absl::Status InPieces(
    const std::set<int64_t>& trials,
    absl::FunctionRef<absl::Status(const std::string&)> load) {
  const std::vector<int64_t> all(trials.begin(), trials.end());
  for (size_t at = 0; at < all.size(); at += kTrialsPerQuery) {
    const auto piece = absl::MakeSpan(all).subspan(at, kTrialsPerQuery);
    RETURN_IF_ERROR(
        load(absl::StrCat("trial IN (", absl::StrJoin(piece, ","), ")")));
  }
  return absl::OkStatus();
}

}  // namespace fathom
