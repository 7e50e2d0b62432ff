#ifndef FATHOM_SERVER_TELEMETRY_H_
#define FATHOM_SERVER_TELEMETRY_H_

#include <vector>

#include "absl/types/span.h"
#include "fathom/v1/sweep_service.pb.h"
#include "proto/telemetry/telemetry_writer.h"
#include "server/coordinator/coordinator.h"
#include "server/core_stats.h"
#include "server/store/reader.h"

namespace fathom::server {

// Each of these functions writes the telemetry of one part of a coordinator.

// What the Core has done.
void WriteCoreStats(const CoreStats& stats, TelemetryWriter& writer);

// What the coordinator decides about now: sweeps, leases, sessions, workers.
void WriteLook(const Coordinator::Look& look, TelemetryWriter& writer);

// The workers one by one. Of more than kMaxWorkersShown, those of one name are
// summed, under an empty session; of more names than that, the last ones in the
// order of the alphabet, under the name "others".
void WriteWorkers(absl::Span<const v1::Worker> workers,
                  TelemetryWriter& writer);

// What the ledger takes.
void WriteSizes(const LedgerReader::Sizes& sizes, TelemetryWriter& writer);

}  // namespace fathom::server

#endif  // FATHOM_SERVER_TELEMETRY_H_
