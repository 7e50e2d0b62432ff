#ifndef FATHOM_SERVER_LIMITS_H_
#define FATHOM_SERVER_LIMITS_H_

#include <algorithm>
#include <cstdint>

// How much of anything one caller may make the service do, hold or send. What
// is beyond is refused where it enters, with words that name the bound. The
// values of a spec have ranges of their own, in proto/sweep/limits.cc.
namespace fathom::server {

// Of one row of a query's answer, in bytes as they are sent. SQLite bounds a
// value, not the sum of them, and lets columns share one value that the answer
// repeats.
inline constexpr int64_t kMaxRowBytes = int64_t{16} << 20;

// Of sessions of workers that are connected or hold leases, of all names and of
// one. The workers of a cluster often share one name.
inline constexpr int64_t kMaxSessions = 131'072;
inline constexpr int64_t kMaxSessionsPerName = 65'536;

// Of the kinds of numbers (numerics) that the results of one sweep are of. All
// who ask for the sweep get the list.
inline constexpr int kMaxNumericsPerSweep = 64;

// Of second results of a sweep that differ from the first, which are kept as
// events for ever.
inline constexpr int64_t kMaxMismatchesPerSweep = 1000;

// Of the text of a query, in bytes, and of what SQLite may keep for it at a
// time: sorting, grouping, tables of its own.
inline constexpr int64_t kMaxSqlBytes = int64_t{64} << 10;
inline constexpr int64_t kMaxQueryMemory = int64_t{256} << 20;

// Of the spec of a sweep with its defaults, in bytes. Every worker gets it,
// every page of sweeps carries it, and it must fit into a message.
inline constexpr int64_t kMaxSpecBytes = int64_t{1} << 20;

// Of a session: compute threads, and the leases that it may hold, ask for and
// tell of.
inline constexpr int32_t kMaxSlots = 1024;
constexpr int64_t MaxLeases(int64_t slots) { return 16 + 4 * slots; }

// Of a lease, and of all leases that a session holds together. A worker takes
// at most 4096 trials for a slot, and mostly far fewer.
inline constexpr int32_t kMaxTrialsPerLease = 65536;
constexpr int64_t MaxLeasedTrials(int64_t slots) {
  return std::max<int64_t>(kMaxTrialsPerLease, 8192 * slots);
}

// Of one transaction, in all leases that it grants; what else was asked for
// waits for the next one. Other callers thereby wait a fraction of a second.
inline constexpr int64_t kMaxTrialsPerTransaction = kMaxTrialsPerLease;

// Of each text in a Hello, in bytes. They stand in the log, in the tables of
// people, and with every sweep.
inline constexpr int64_t kMaxHelloTextBytes = 256;

// Of the leases that a Hello names, or that are handed back in one message.
// Besides those that a worker holds there are those whose end has not been
// acknowledged.
inline constexpr int kMaxLeaseIds = 65536;

// Of a report. A worker of ours sends one when it has half a MiB, and cannot
// have more results than trials, nor more chunks than one before and one with
// each of these.
inline constexpr int64_t kMaxReportBytes = int64_t{16} << 20;
inline constexpr int kMaxReportResults = kMaxTrialsPerLease;
inline constexpr int kMaxReportChunks = 2 * kMaxTrialsPerLease;
inline constexpr int kMaxReportOptima = 4096;

// Of what went wrong in a trial, in bytes; the rest is cut off.
inline constexpr int64_t kMaxErrorBytes = 4096;

// Of the title of a dataset, in bytes; the rest is cut off. It stands in tables
// of people.
inline constexpr int64_t kMaxTitleBytes = 1024;

// Of uploads at a time, of one name and of all. Each keeps two pieces of a MiB
// in memory and what has come on disk.
inline constexpr int kMaxUploads = 16;
inline constexpr int kMaxUploadsPerName = 8;

// Of downloads of datasets at a time. The workers of a cluster often share one
// name; who finds no place waits and asks again.
inline constexpr int kMaxDownloads = 64;
inline constexpr int kMaxDownloadsPerName = 32;

// Who sends or takes bulk data more slowly, and has used up its patience, is
// cut off. A minute of standstill is never a reason.
inline constexpr double kLeastBytesPerSecond = 16 << 10;
inline constexpr int64_t kTransferPatienceSeconds = 60;

// Of calls that run at a time, and those of one name among them: short reads,
// changes, queries, and audits with backups, which read the whole ledger.
inline constexpr int kReadThreads = 4;
inline constexpr int kReadsPerName = 3;
inline constexpr int kChangeThreads = 4;
inline constexpr int kChangesPerName = 2;
inline constexpr int kQueryThreads = 4;
inline constexpr int kQueriesPerName = 2;
inline constexpr int kLongThreads = 2;
inline constexpr int kLongPerName = 1;

// Of calls of each of these kinds that wait for one to end; of one name half.
inline constexpr int kWaitingReads = 1024;
inline constexpr int kWaitingChanges = 256;
inline constexpr int kWaitingQueries = 64;
inline constexpr int kWaitingLong = 8;

// How long an audit, or the making of a copy of the ledger, may take. Both keep
// the ledger's log from shrinking.
inline constexpr int64_t kLongCallSeconds = 2 * 3600;

// After how many others an event about a worker that came or went is forgotten.
inline constexpr int64_t kKeptEvents = 200'000;

// As how many calls a worker's stream counts: each may leave a session and
// events in the ledger.
inline constexpr double kCallsPerStream = 10;

// What uploads, backups and audits leave free on the ledger's disk: when that
// is full, the coordinator stops. On small disks a twentieth.
inline constexpr int64_t kDiskReserveBytes = int64_t{256} << 20;

}  // namespace fathom::server

#endif  // FATHOM_SERVER_LIMITS_H_
