#ifndef FATHOM_SERVER_LIMITS_H_
#define FATHOM_SERVER_LIMITS_H_

#include <algorithm>
#include <cstdint>

// How much of anything one caller may make the service do, hold or send. What
// is beyond is refused where it enters, with words that name the bound. The
// values of a spec have ranges of their own, in proto/sweep/limits.cc.
namespace fathom {

// Of one row of a query's answer, in bytes as they are sent. SQLite bounds a
// value, not the sum of them, and lets columns share one value that the answer
// repeats.
inline constexpr int64_t kMaxRowBytes = int64_t{16} << 20;

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

}  // namespace fathom

#endif  // FATHOM_SERVER_LIMITS_H_
