#ifndef FATHOM_SERVER_LIMITS_H_
#define FATHOM_SERVER_LIMITS_H_

#include <algorithm>
#include <cstdint>

// The limits of what one caller may make the service do, hold or send. A caller
// is the name of a token; several tokens may have the same name. What exceeds a
// limit is refused where it comes in, with an error that names the limit. The
// ranges of the values of a spec are in proto/sweep/limits.cc.
namespace fathom::server {

// Largest number of bytes of one row in the answer to a query, as they are
// sent. SQLite limits each value but not their sum, and lets columns share one
// value that the answer repeats.
inline constexpr int64_t kMaxRowBytes = int64_t{16} << 20;

// Largest number of sessions of workers that are connected or hold leases: in
// total and of one caller. The workers of a cluster often share one name.
inline constexpr int64_t kMaxSessions = 131'072;
inline constexpr int64_t kMaxSessionsPerName = 65'536;

// Largest number of different numerics among the results of one sweep, because
// everyone who asks for the sweep gets their list.
inline constexpr int kMaxNumericsPerSweep = 64;

// Largest number of events about results of a sweep that differ from the
// recorded ones, those that are not kept any more included.
inline constexpr int64_t kMaxMismatchesPerSweep = 1000;

// Largest number of bytes of the text of a query, and of the memory that SQLite
// may use for it (to sort, to group, for temporary tables).
inline constexpr int64_t kMaxSqlBytes = int64_t{64} << 10;
inline constexpr int64_t kMaxQueryMemory = int64_t{256} << 20;

// Largest number of bytes of a spec with its defaults. Every worker and
// everyone who asks for the sweep gets the spec, and it must fit into a
// message.
inline constexpr int64_t kMaxSpecBytes = int64_t{1} << 20;

// Largest number of slots of a session, and of the leases that a session of
// `slots` slots may hold, demand and report progress of.
inline constexpr int32_t kMaxSlots = 1024;
constexpr int64_t MaxLeases(int64_t slots) { return 16 + 4 * slots; }

// Largest number of trials of a lease, and of all leases that a session holds.
// A worker takes at most 4096 trials for a slot, and mostly far fewer.
inline constexpr int32_t kMaxTrialsPerLease = 65536;
constexpr int64_t MaxLeasedTrials(int64_t slots) {
  return std::max<int64_t>(kMaxTrialsPerLease, 8192 * slots);
}

// Largest number of trials that one transaction gives out in all its leases.
// The other demands wait for the next transaction, so that other callers wait
// only a fraction of a second.
inline constexpr int64_t kMaxTrialsPerTransaction = kMaxTrialsPerLease;

// Largest number of bytes of each text in a Hello. The texts are shown in the
// log and in tables, and some with every sweep.
inline constexpr int64_t kMaxHelloTextBytes = 256;

// Largest number of bytes of what a worker says about itself in a heartbeat.
// The coordinator keeps the last of each session.
inline constexpr int64_t kMaxTelemetryBytes = 1024;
// Largest count of a bucket there. The sum over all sessions has to fit into 64
// bits.
inline constexpr int64_t kMaxTelemetryCount = 1'000'000'000'000;

// Largest number of sweeps and of workers that telemetry shows one by one; of
// more it shows sums.
inline constexpr int64_t kMaxSweepsShown = 200;
inline constexpr int64_t kMaxWorkersShown = 1000;

// Largest number of leases that a Hello or a Released names. A worker also
// names leases whose end has not been acknowledged to it.
inline constexpr int kMaxLeaseIds = 65536;

// Largest size of a report, and of its parts. Our worker sends a report when it
// has half a MiB. It has at most one result for each trial of a lease, and at
// most two chunks of points for each of these trials.
inline constexpr int64_t kMaxReportBytes = int64_t{16} << 20;
inline constexpr int kMaxReportResults = kMaxTrialsPerLease;
inline constexpr int kMaxReportChunks = 2 * kMaxTrialsPerLease;
inline constexpr int kMaxReportOptima = 4096;

// Number of bytes of the error of a trial that are kept.
inline constexpr int64_t kMaxErrorBytes = 4096;

// Number of bytes of the title of a dataset that are kept. Titles are shown in
// tables.
inline constexpr int64_t kMaxTitleBytes = 1024;

// Largest number of uploads at a time, in total and of one caller. Each keeps
// two pieces of a MiB in memory, and all earlier ones on disk.
inline constexpr int kMaxUploads = 16;
inline constexpr int kMaxUploadsPerName = 8;

// Largest number of downloads of datasets at a time, in total and of one
// caller. The workers of a cluster often share one name. A worker that finds no
// place waits and asks again.
inline constexpr int kMaxDownloads = 64;
inline constexpr int kMaxDownloadsPerName = 32;

// Largest number of autoscalers that watch whether there is anything to do.
inline constexpr int kMaxActiveStreams = 64;

// Largest number of bytes of checkpoints of one caller that are on disk and
// that no report has named yet, and how long such a checkpoint is kept: a
// worker names it as soon as it hears that it is there.
inline constexpr int64_t kMaxUnclaimedBytes = int64_t{4} << 30;
inline constexpr int64_t kUnclaimedSeconds = 600;

// Largest number of checkpoints that are received at a time, in total and of
// one caller. Each keeps a piece in memory.
inline constexpr int kMaxCheckpoints = 32;
inline constexpr int kMaxCheckpointsPerName = 16;

// The rate of bulk data below which the patience for the other end runs out,
// and the patience at the begin; see Patience in api/transfers.h. A transfer
// may stand still for a minute.
inline constexpr double kLeastBytesPerSecond = 16 << 10;
inline constexpr int64_t kTransferPatienceSeconds = 60;

// Largest number of calls of each kind that run at a time, in total and of one
// caller: short reads; changes; queries; audits and backups, which read the
// whole ledger.
inline constexpr int kReadThreads = 4;
inline constexpr int kReadsPerName = 3;
inline constexpr int kChangeThreads = 4;
inline constexpr int kChangesPerName = 2;
inline constexpr int kQueryThreads = 4;
inline constexpr int kQueriesPerName = 2;
inline constexpr int kLongThreads = 2;
inline constexpr int kLongPerName = 1;

// Largest number of calls of each of these kinds that wait until others have
// ended. One caller may have half of them.
inline constexpr int kWaitingReads = 1024;
inline constexpr int kWaitingChanges = 256;
inline constexpr int kWaitingQueries = 64;
inline constexpr int kWaitingLong = 8;

// How long an audit, or making a copy of the ledger, may take. While either
// runs, the ledger's write-ahead log cannot shrink.
inline constexpr int64_t kLongCallSeconds = 2 * 3600;

// An event about a worker that came or went is deleted when so many newer
// events have been recorded.
inline constexpr int64_t kKeptEvents = 200'000;

// Largest number of events that are kept, of one sweep and in total. Of more
// the oldest go, and how many went of each kind is kept (past_events).
inline constexpr int64_t kMaxEventsPerSweep = 10'000;
inline constexpr int64_t kMaxEvents = 1'000'000;

// How long a dataset is kept that no sweep names, from its last upload on.
inline constexpr int64_t kUnusedDatasetSeconds = 7 * 24 * 3600;

// The number of calls as which a worker's stream counts, because each stream
// may leave a session and events in the ledger.
inline constexpr double kCallsPerStream = 10;

// The space that uploads, backups and audits leave free on the ledger's disk,
// or a twentieth of a small disk, because the coordinator stops when the disk
// is full.
inline constexpr int64_t kDiskReserveBytes = int64_t{256} << 20;

}  // namespace fathom::server

#endif  // FATHOM_SERVER_LIMITS_H_
