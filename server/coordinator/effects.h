#ifndef FATHOM_SERVER_COORDINATOR_EFFECTS_H_
#define FATHOM_SERVER_COORDINATOR_EFFECTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep.pb.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"

// What the coordinator wants done: first all `writes`, in one transaction, then
// all `messages`. A message is thereby never ahead of the ledger.
namespace fathom::server {

// A new sweep, RUNNING, with nothing given out.
struct InsertSweep {
  // sweep_id, spec, fingerprint, trial_count, create_time, priority, weight,
  // owner.
  v1::Sweep sweep;
};

// The sweep has given out all trials below `next_index` at least once, and its
// counters changed. Written at most once per sweep and transaction.
struct UpdateSweep {
  int64_t sweep_id = 0;
  v1::SweepState state = v1::SWEEP_STATE_RUNNING;
  int64_t next_index = 0;
  v1::Progress progress;
  absl::Time end_time = absl::InfiniteFuture();  // InfiniteFuture: not ended.
  bool paused = false;
  int32_t priority = 0;
  double weight = 1;
};

// A session said hello for the first time.
struct InsertSession {
  v1::Hello hello;
  absl::Time time;
};

// Trials go to a session: their rows become LEASED with the given attempts.
struct InsertLease {
  v1::Lease lease;
  std::string session_id;
  absl::Time time;
};

// Points and results of trials that hold the lease named in the report.
struct RecordReport {
  v1::Report report;
  absl::Time time;
};

// The sweep has its first result of these numerics.
struct InsertSweepNumerics {
  int64_t sweep_id = 0;
  std::string numerics;
  absl::Time time;
};

// The least value of a loss on some data, as a session found it. Where the
// ledger has one of the same numerics, that stays, and an event is recorded
// when they differ.
struct RecordOptimum {
  v1::Optimum optimum;
  std::string session_id;
  std::string numerics;
  absl::Time time;
};

// Points and results of attempts that were lost and turn up after all, from the
// session that lost them, while the trial is PENDING and no later attempt was
// given out. The attempt then counts as not lost.
struct RecordLateReport {
  v1::Report report;
  std::string session_id;
  absl::Time time;
};

// A result that no longer holds its lease. The ledger compares it with the
// recorded one, where both are of the same numerics, and records an event when
// they differ, up to kMaxMismatchesPerSweep of them; it changes no trial.
struct CompareResult {
  int64_t sweep_id = 0;
  v1::TrialResult result;
  std::string session_id;
  absl::Time time;
};

// The trial, held on this attempt, goes back to PENDING. When `lost`, the
// attempt counts as LOST, else as given back; then its points are deleted.
struct ReturnTrial {
  int64_t sweep_id = 0;
  int64_t trial_index = 0;
  int32_t attempt = 0;
  bool lost = false;
  absl::Time time;
  // Of a lost one: among how many trials, this one included, the one is that
  // may have ended the worker.
  int64_t bundle = 1;
};

// The trial ends as FAILED on this attempt because it lost its worker too often
// while the worker held nothing else.
struct QuarantineTrial {
  int64_t sweep_id = 0;
  int64_t trial_index = 0;
  int32_t attempt = 0;
  std::string error;
  absl::Time time;
};

// The trial, FAILED on this attempt, goes back to PENDING, its losses forgiven.
struct RetryTrial {
  int64_t sweep_id = 0;
  int64_t trial_index = 0;
  int32_t attempt = 0;
};

// The leased or returned trials of the sweep become CANCELLED; its leases end.
struct CancelTrials {
  int64_t sweep_id = 0;
  absl::Time time;
};

// The lease has no open trials any more.
struct DeleteLease {
  int64_t lease_id = 0;
};

// Something people may want to know.
struct InsertEvent {
  std::string kind;          // "worker_connected", "lease_expired", ...
  int64_t sweep_id = 0;      // 0: none.
  int64_t trial_index = -1;  // -1: none.
  std::string message;
  absl::Time time;
  bool once = false;  // Not recorded when the sweep has an event of this kind.
};

using Write =
    std::variant<InsertSweep, UpdateSweep, InsertSession, InsertLease,
                 RecordReport, RecordLateReport, InsertSweepNumerics,
                 RecordOptimum, CompareResult, ReturnTrial, QuarantineTrial,
                 RetryTrial, CancelTrials, DeleteLease, InsertEvent>;

// Names an open stream; never used again.
using ConnectionId = uint64_t;

// A message for the stream `connection`.
struct Outgoing {
  ConnectionId connection = 0;
  v1::CoordinatorMessage message;
};

// The stream `connection` ends with this status.
struct CloseConnection {
  ConnectionId connection = 0;
  absl::Status status;
};

struct Effects {
  std::vector<Write> writes;
  std::vector<Outgoing> messages;
  std::vector<CloseConnection> closes;

  void Send(ConnectionId connection, v1::CoordinatorMessage message) {
    messages.push_back({connection, std::move(message)});
  }
  void Close(ConnectionId connection, absl::Status status) {
    closes.push_back({connection, std::move(status)});
  }
  // An InsertEvent.
  void Event(absl::string_view kind, std::string message, absl::Time now,
             int64_t sweep_id = 0, int64_t trial_index = -1) {
    writes.push_back(InsertEvent{std::string(kind), sweep_id, trial_index,
                                 std::move(message), now});
  }
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_EFFECTS_H_
