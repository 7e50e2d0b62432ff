#include "client/ui/metrics/metrics.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/load/rows.h"
#include "client/ui/metrics/prometheus_text.h"
#include "proto/shared/status.h"
#include "proto/telemetry/telemetry_writer.h"

namespace fathom::client {
namespace {

using Name = TelemetryName;

// The columns of sweep_overview that count trials by state.
constexpr const char* kStates[] = {"pending", "leased", "succeeded", "diverged",
                                   "stopped", "failed", "cancelled"};

double NumberIn(const v1::QueryCell& cell) {
  return cell.has_real() ? cell.real() : static_cast<double>(cell.integer());
}

// Writes what the ledger behind the connection, which no coordinator of ours
// has open, tells of itself.
absl::Status WriteFile(Connection& connection, TelemetryWriter& writer) {
  std::string sums;
  for (const char* state : kStates)
    absl::StrAppend(&sums, ",total(", state, ")");
  std::vector<double> totals(std::size(kStates));
  RETURN_IF_ERROR(ForEachRow(
      connection,
      absl::StrCat("SELECT state,count(*)", sums,
                   " FROM sweep_overview GROUP BY state ORDER BY state"),
      [&](const v1::QueryRow& row) {
        writer.Add(Name::kFileSweeps, NumberIn(CellAt(row, 1)),
                   {CellAt(row, 0).text()});
        for (size_t i = 0; i < totals.size(); ++i) {
          totals[i] += NumberIn(CellAt(row, static_cast<int>(i) + 2));
        }
      }));
  for (size_t i = 0; i < totals.size(); ++i) {
    writer.Add(Name::kFileTrials, totals[i], {kStates[i]});
  }
  return ForEachRow(connection,
                    "SELECT c.page_count*s.page_size FROM pragma_page_count AS "
                    "c,pragma_page_size AS s",
                    [&](const v1::QueryRow& row) {
                      writer.Add(Name::kLedgerBytes, NumberIn(CellAt(row, 0)));
                    });
}

// Whether the other side does not answer, or answers what ours would not.
bool IsAway(const absl::Status& status) {
  return !absl::IsUnauthenticated(status) && !absl::IsPermissionDenied(status);
}

}  // namespace

absl::StatusOr<std::string> MetricsText(Connection& connection,
                                        const v1::Telemetry& own) {
  TelemetryWriter writer;
  absl::StatusOr<v1::Telemetry> telemetry = connection.GetTelemetry();
  absl::Status status = telemetry.status();
  if (absl::IsFailedPrecondition(status))
    status = WriteFile(connection, writer);
  if (absl::IsUnimplemented(status)) status = Health(connection);
  if (!status.ok() && !IsAway(status)) return status;
  writer.Add(Name::kUp, status.ok() ? 1 : 0);
  v1::Telemetry all = writer.Take();
  if (telemetry.ok()) all.MergeFrom(*telemetry);
  all.MergeFrom(own);
  std::stable_sort(
      all.mutable_families()->pointer_begin(),
      all.mutable_families()->pointer_end(),
      [](const auto* a, const auto* b) { return a->name() < b->name(); });
  return PrometheusText(all);
}

absl::Status Health(Connection& connection) {
  const auto caller = connection.GetCaller();
  if (caller.ok() && !caller->read_only()) return absl::OkStatus();
  // A ledger file is read, and so is something of a coordinator of a release
  // that does not know the call.
  if (!caller.ok() && !absl::IsUnimplemented(caller.status())) {
    return caller.status();
  }
  const absl::Status newest = connection.GetNewestSweep().status();
  return absl::IsNotFound(newest) ? absl::OkStatus() : newest;
}

}  // namespace fathom::client
