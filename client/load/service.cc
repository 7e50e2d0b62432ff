#include "client/load/service.h"

#include "client/load/rows.h"
#include "proto/shared/status.h"

namespace fathom::client {

absl::StatusOr<ServiceLook> LoadService(
    Connection& connection, const std::vector<v1::Worker>& workers) {
  // By the clock of the coordinator, which the measurements are of.
  double now = 0;
  RETURN_IF_ERROR(ForEachRow(
      connection, "SELECT (julianday('now') - 2440587.5) * 86400.0",
      [&](const v1::QueryRow& row) { now = CellAt(row, 0).real(); }));
  const absl::StatusOr<v1::Telemetry> telemetry = connection.GetTelemetry();
  return LookAtService(telemetry.ok() ? *telemetry : v1::Telemetry(), workers,
                       now);
}

}  // namespace fathom::client
