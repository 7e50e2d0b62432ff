#include "proto/telemetry/families.h"

namespace fathom {
namespace {

using Name = TelemetryName;

constexpr auto kCounter = v1::TELEMETRY_KIND_COUNTER;
constexpr auto kGauge = v1::TELEMETRY_KIND_GAUGE;
constexpr auto kHistogram = v1::TELEMETRY_KIND_HISTOGRAM;
constexpr auto kCoordinator = TelemetrySource::kCoordinator;
constexpr auto kWorker = TelemetrySource::kWorker;
constexpr auto kPage = TelemetrySource::kPage;
constexpr auto kFile = TelemetrySource::kFile;

constexpr TelemetryRow kRows[] = {
    {Name::kAttemptsEnded, "fathom_attempts_ended_total", kCounter,
     kCoordinator, "how",
     "Attempts that ended without a result: lost with their worker, or "
     "returned untouched."},
    {Name::kBuildInfo, "fathom_build_info", kGauge, kCoordinator, "version",
     "Always 1; the label is the version of the program."},
    {Name::kCalls, "fathom_calls_total", kCounter, kCoordinator, "method,code",
     "Calls that were answered, by rpc and by the status code of gRPC. Calls "
     "that were refused before are fathom_refusals_total."},
    {Name::kCertificateEnd, "fathom_certificate_end_time_seconds", kGauge,
     kCoordinator, "file",
     "When the certificate of the coordinator ends, or the first of its chain, "
     "and the authority of its callers, in seconds since 1970. None without "
     "TLS."},
    {Name::kCheckpointBytes, "fathom_checkpoint_bytes", kGauge, kCoordinator,
     "", "Bytes of the checkpoints of trials that are open."},
    {Name::kCheckpoints, "fathom_checkpoints", kGauge, kCoordinator, "",
     "Checkpoints of trials that are open."},
    {Name::kCheckpointsRecorded, "fathom_checkpoints_recorded_total", kCounter,
     kCoordinator, "", "Checkpoints that counted from some moment on."},
    {Name::kCleaning, "fathom_cleaning", kGauge, kCoordinator, "",
     "1 while the coordinator clears rows away that nothing needs any more, "
     "otherwise 0."},
    {Name::kCommitSync, "fathom_commit_sync_seconds", kHistogram, kCoordinator,
     "",
     "Time that the end of a transaction took: the writing to the disk and "
     "its fsync, and now and then a checkpoint of the write-ahead log."},
    {Name::kCommitWrite, "fathom_commit_write_seconds", kHistogram,
     kCoordinator, "",
     "Time that the statements of a transaction took, before its end."},
    {Name::kDatasetBytes, "fathom_dataset_bytes", kGauge, kCoordinator, "",
     "Bytes of the datasets in the ledger."},
    {Name::kDatasets, "fathom_datasets", kGauge, kCoordinator, "",
     "Datasets in the ledger."},
    {Name::kDeletedSweeps, "fathom_deleted_sweeps", kGauge, kCoordinator, "",
     "Sweeps that are deleted and whose rows are not all gone yet."},
    {Name::kDemandsWaiting, "fathom_demands_waiting", kGauge, kCoordinator, "",
     "Slots that wait for trials."},
    {Name::kDiskFree, "fathom_disk_free_bytes", kGauge, kCoordinator, "",
     "Bytes that the coordinator may still write on the disk of the ledger."},
    {Name::kDiskReserve, "fathom_disk_reserve_bytes", kGauge, kCoordinator, "",
     "Bytes of the disk that uploads, checkpoints and backups leave free for "
     "results."},
    {Name::kEvents, "fathom_events_total", kCounter, kCoordinator, "kind",
     "Events that were recorded, by kind, as the view events has them."},
    {Name::kFileSweeps, "fathom_file_sweeps", kGauge, kFile, "state",
     "Sweeps in the ledger file, by state."},
    {Name::kFileTrials, "fathom_file_trials", kGauge, kFile, "state",
     "Trials in the ledger file, by state."},
    {Name::kLeases, "fathom_leases", kGauge, kCoordinator, "",
     "Open leases: bundles of trials that workers hold."},
    {Name::kLeasesGranted, "fathom_leases_granted_total", kCounter,
     kCoordinator, "", "Leases that were given to workers."},
    {Name::kLedgerBytes, "fathom_ledger_bytes", kGauge, kCoordinator, "",
     "Bytes of the ledger's file, without its write-ahead log."},
    {Name::kLedgerFree, "fathom_ledger_free_bytes", kGauge, kCoordinator, "",
     "Bytes of the ledger's file that are free, and are used before it "
     "grows."},
    {Name::kLedgerReturned, "fathom_ledger_returned_bytes_total", kCounter,
     kCoordinator, "",
     "Bytes of the ledger's file that were given back to the file system."},
    {Name::kLoopBatch, "fathom_loop_batch_tasks", kHistogram, kCoordinator, "",
     "Tasks that one transaction carried out, messages of workers above all."},
    {Name::kLoopWaiting, "fathom_loop_waiting_tasks", kGauge, kCoordinator, "",
     "Tasks that wait for the next transaction."},
    {Name::kPageCache, "fathom_page_cache_bytes", kGauge, kCoordinator, "",
     "Bytes of the ledger's pages that the coordinator keeps in memory, at "
     "most 64 MiB and what its readers hold."},
    {Name::kPoints, "fathom_points_total", kCounter, kCoordinator, "",
     "Metric points that were recorded: steps at which something was "
     "measured."},
    {Name::kPoolRunning, "fathom_pool_running", kGauge, kCoordinator, "pool",
     "Calls that run on the threads of a pool."},
    {Name::kPoolWaiting, "fathom_pool_waiting", kGauge, kCoordinator, "pool",
     "Calls that wait for a thread of a pool."},
    {Name::kRefusals, "fathom_refusals_total", kCounter, kCoordinator, "reason",
     "What was refused: calls without a known token (unauthenticated), of "
     "another role (denied), too many of one name (too_many), for which a "
     "pool had no room (overloaded), streams that were closed for what a "
     "worker sent (stream), telemetry that makes no sense (telemetry)."},
    {Name::kRowsRemoved, "fathom_rows_removed_total", kCounter, kCoordinator,
     "",
     "Rows of deleted sweeps, unused datasets and old sessions that were "
     "cleared away."},
    {Name::kSessions, "fathom_sessions", kGauge, kCoordinator, "state",
     "Sessions of workers: connected, draining, or lost but with leases."},
    {Name::kSlots, "fathom_slots", kGauge, kCoordinator, "",
     "Compute threads of all connected workers."},
    {Name::kStartTime, "fathom_start_time_seconds", kGauge, kCoordinator, "",
     "When the counters began, in seconds since 1970."},
    {Name::kSweepTrials, "fathom_sweep_trials", kGauge, kCoordinator,
     "sweep,name,state",
     "Trials of a running sweep that are pending or leased. Beyond 200 sweeps "
     "the newer ones are summed as the sweep \"others\"."},
    {Name::kSweepsRunning, "fathom_sweeps_running", kGauge, kCoordinator, "",
     "Sweeps that have not ended, paused ones included."},
    {Name::kTransferBytes, "fathom_transfer_bytes_total", kCounter,
     kCoordinator, "what",
     "Bytes of datasets and checkpoints that have moved, by what they are and "
     "the direction as the coordinator sees it."},
    {Name::kTransfers, "fathom_transfers", kGauge, kCoordinator, "what",
     "Transfers of datasets and checkpoints that are under way."},
    {Name::kTrialsFinished, "fathom_trials_finished_total", kCounter,
     kCoordinator, "outcome", "Trials whose result was recorded, by outcome."},
    {Name::kTrialsGiven, "fathom_trials_given_total", kCounter, kCoordinator,
     "", "Trials that were given out, each attempt counted."},
    {Name::kUiCertificateEnd, "fathom_ui_certificate_end_time_seconds", kGauge,
     kPage, "",
     "When the certificate of `fathom ui` ends, or the first of its chain, in "
     "seconds since 1970. None without TLS."},
    {Name::kUiConnections, "fathom_ui_connections", kGauge, kPage, "",
     "Open connections to `fathom ui`."},
    {Name::kUiRequests, "fathom_ui_requests_total", kCounter, kPage,
     "route,status", "Requests that `fathom ui` has answered."},
    {Name::kUiSessions, "fathom_ui_sessions", kGauge, kPage, "",
     "People who are logged in to `fathom ui`."},
    {Name::kUiStreams, "fathom_ui_streams", kGauge, kPage, "",
     "Open event streams of pages."},
    {Name::kUp, "fathom_up", kGauge, kPage, "",
     "1 while `fathom ui` reaches its coordinator or ledger, otherwise 0."},
    {Name::kWalBytes, "fathom_wal_bytes", kGauge, kCoordinator, "",
     "Bytes of the ledger's write-ahead log."},
    {Name::kWorkerAck, "fathom_worker_ack_seconds", kHistogram, kWorker,
     "worker,session",
     "Time from sending a report to its acknowledgement: network, queue and "
     "disk."},
    {Name::kWorkerBusySeconds, "fathom_worker_busy_seconds_total", kCounter,
     kWorker, "worker,session",
     "Time that compute threads have trained, summed over them."},
    {Name::kWorkerBusySlots, "fathom_worker_busy_slots", kGauge, kWorker,
     "worker,session", "Compute threads that train right now."},
    {Name::kWorkerFlops, "fathom_worker_flops_total", kCounter, kWorker,
     "worker,session",
     "Floating-point operations of the updates taken, as the engines "
     "estimate them."},
    {Name::kWorkerPeak, "fathom_worker_peak_flops_per_second", kGauge, kWorker,
     "worker,session",
     "Double-precision operations per second that one thread reached in a "
     "loop of fused multiply-adds."},
    {Name::kWorkerReconnections, "fathom_worker_reconnections_total", kCounter,
     kWorker, "worker,session",
     "Times that the stream to the coordinator broke and was opened again."},
    {Name::kWorkerSilence, "fathom_worker_silence_seconds", kGauge,
     kCoordinator, "worker,session",
     "Time since the coordinator last heard of the worker; of several, the "
     "longest."},
    {Name::kWorkerSlots, "fathom_worker_slots", kGauge, kCoordinator,
     "worker,session", "Compute threads of the worker."},
    {Name::kWorkerSteps, "fathom_worker_steps_total", kCounter, kWorker,
     "worker,session", "Updates taken, summed over trials."},
    {Name::kWorkerUnacknowledged, "fathom_worker_unacknowledged_reports",
     kGauge, kWorker, "worker,session",
     "Reports that were sent and are not acknowledged yet."},
};

}  // namespace

absl::Span<const TelemetryRow> TelemetryFamilies() { return kRows; }

const TelemetryRow& RowOf(TelemetryName name) {
  return kRows[static_cast<size_t>(name)];
}

}  // namespace fathom
