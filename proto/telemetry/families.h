#ifndef FATHOM_PROTO_TELEMETRY_FAMILIES_H_
#define FATHOM_PROTO_TELEMETRY_FAMILIES_H_

#include <cstddef>

#include "absl/types/span.h"
#include "fathom/v1/telemetry.pb.h"

namespace fathom {

// Who measures a family of metrics, and of what.
enum class TelemetrySource {
  kCoordinator,  // A coordinator, of itself.
  kWorker,       // A worker, of itself; the coordinator passes it on.
  kPage,         // `fathom ui`, of itself.
  kFile,         // `fathom ui` on a ledger file, of that file.
};

// All families of metrics, in the order of their names. One row of
// TelemetryFamilies() says everything about each of them.
enum class TelemetryName : size_t {
  kAttemptsEnded,
  kBuildInfo,
  kCalls,
  kCertificateEnd,
  kCheckpointBytes,
  kCheckpoints,
  kCheckpointsRecorded,
  kCleaning,
  kCommitSync,
  kCommitWrite,
  kDatasetBytes,
  kDatasets,
  kDeletedSweeps,
  kDemandsWaiting,
  kDiskFree,
  kDiskReserve,
  kEvents,
  kFileSweeps,
  kFileTrials,
  kLeases,
  kLeasesGranted,
  kLedgerBytes,
  kLedgerFree,
  kLedgerReturned,
  kLoopBatch,
  kLoopWaiting,
  kPageCache,
  kPoints,
  kPoolRunning,
  kPoolWaiting,
  kRefusals,
  kRowsRemoved,
  kSessions,
  kSlots,
  kStartTime,
  kSweepTrials,
  kSweepsRunning,
  kTransferBytes,
  kTransfers,
  kTrialsFinished,
  kTrialsGiven,
  kUiCertificateEnd,
  kUiConnections,
  kUiRequests,
  kUiSessions,
  kUiStreams,
  kUp,
  kWalBytes,
  kWorkerAck,
  kWorkerBusySeconds,
  kWorkerBusySlots,
  kWorkerFlops,
  kWorkerPeak,
  kWorkerReconnections,
  kWorkerSilence,
  kWorkerSlots,
  kWorkerSteps,
  kWorkerUnacknowledged,
};

// What is known of a family: names follow the conventions of Prometheus.
struct TelemetryRow {
  TelemetryName id;
  const char* name;
  v1::TelemetryKind kind;
  TelemetrySource source;
  const char* labels;  // Names of its labels, separated by commas; "" for none.
  const char* help;    // What it counts or measures, for people.
};

// Returns the rows in the order of TelemetryName.
absl::Span<const TelemetryRow> TelemetryFamilies();

// Returns the row of a family.
const TelemetryRow& RowOf(TelemetryName name);

}  // namespace fathom

#endif  // FATHOM_PROTO_TELEMETRY_FAMILIES_H_
