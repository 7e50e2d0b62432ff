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

// The effects of decisions, which the coordinator leaves to its caller: first
// all `writes` in one transaction, then all `messages` and `closes`. A worker
// is thereby never told anything that the ledger does not hold.
namespace fathom::server {

// A new sweep, RUNNING, of which no trial has been given out.
struct InsertSweep {
  // Set are sweep_id, spec, fingerprint, trial_count, create_time, priority,
  // weight, owner, traceparent.
  v1::Sweep sweep;
};

// The sweep's counters or settings have changed, and all trials below
// `next_index` have been given out at least once. Written at most once per
// sweep and transaction.
struct UpdateSweep {
  int64_t sweep_id = 0;
  v1::SweepState state = v1::SWEEP_STATE_RUNNING;
  int64_t next_index = 0;
  v1::Progress progress;
  // InfiniteFuture for a sweep that has not ended.
  absl::Time end_time = absl::InfiniteFuture();
  bool paused = false;
  int32_t priority = 0;
  double weight = 1;
};

// A new session has said hello for the first time.
struct InsertSession {
  v1::Hello hello;
  absl::Time time;
};

// Trials are given to a session: their rows become LEASED on the attempts of
// the lease.
struct InsertLease {
  v1::Lease lease;
  std::string session_id;
  absl::Time time;
};

// Points and results of trials that are open in the lease that the report
// names.
struct RecordReport {
  v1::Report report;
  absl::Time time;
};

// The sweep has got its first result with these numerics.
struct InsertSweepNumerics {
  int64_t sweep_id = 0;
  std::string numerics;
  absl::Time time;
};

// The least value of a loss on some data, as a session found it. An optimum of
// the same numerics that the ledger has already stays, and an event is recorded
// when the two differ.
struct RecordOptimum {
  v1::Optimum optimum;
  std::string session_id;
  std::string numerics;
  absl::Time time;
};

// Points and results of attempts that were lost and turn up after all. They
// come from the session that lost the attempt, while the trial is PENDING and
// no later attempt has been given out. The attempt then counts as not lost.
struct RecordLateReport {
  v1::Report report;
  std::string session_id;
  absl::Time time;
};

// A result of an attempt that holds no lease any more. If the recorded result
// has the same numerics, the ledger compares the two and records an event when
// they differ, up to kMaxMismatchesPerSweep events. It changes no trial.
struct CompareResult {
  int64_t sweep_id = 0;
  v1::TrialResult result;
  std::string session_id;
  absl::Time time;
};

// The trial, leased on this attempt, goes back to PENDING. A lost attempt
// counts as LOST and keeps its points; any other counts as RETURNED and its
// points are deleted.
struct ReturnTrial {
  int64_t sweep_id = 0;
  int64_t trial_index = 0;
  int32_t attempt = 0;
  bool lost = false;
  absl::Time time;
  // For a lost attempt, the number of trials, this one included, any of which
  // may have ended the worker.
  int64_t bundle = 1;
};

// The trial ends as FAILED on this attempt, because it has lost its worker too
// often while the worker held no other trial.
struct QuarantineTrial {
  int64_t sweep_id = 0;
  int64_t trial_index = 0;
  int32_t attempt = 0;
  std::string error;
  absl::Time time;
};

// The trial, FAILED on this attempt, goes back to PENDING. Its lost attempts no
// longer count against it.
struct RetryTrial {
  int64_t sweep_id = 0;
  int64_t trial_index = 0;
  int32_t attempt = 0;
};

// The trials of the sweep that are leased or were returned become CANCELLED,
// and its leases end.
struct CancelTrials {
  int64_t sweep_id = 0;
  absl::Time time;
};

// The lease has ended, as it has no open trials any more.
struct DeleteLease {
  int64_t lease_id = 0;
};

// The sweep, which has ended, is gone for everyone who asks. Its rows go bit by
// bit; see cleaner.h in server/store.
struct DeleteSweep {
  int64_t sweep_id = 0;
  absl::Time time;
};

// An event that people may want to know of.
struct InsertEvent {
  std::string kind;          // Such as "worker_connected" or "lease_expired".
  int64_t sweep_id = 0;      // 0 for no sweep.
  int64_t trial_index = -1;  // -1 for no trial.
  std::string message;
  absl::Time time;
  bool once = false;  // Not recorded when the sweep already has such an event.
  // For the log alone; 0 or empty for none.
  int64_t lease_id = 0;
  std::string worker = {};
  std::string session_id = {};

  void ForSession(const std::string& name, const std::string& id) {
    worker = name;
    session_id = id;
  }
};

// One change of the ledger.
using Write = std::variant<InsertSweep, UpdateSweep, InsertSession, InsertLease,
                           RecordReport, RecordLateReport, InsertSweepNumerics,
                           RecordOptimum, CompareResult, ReturnTrial,
                           QuarantineTrial, RetryTrial, CancelTrials,
                           DeleteLease, DeleteSweep, InsertEvent>;

// Identifies an open stream. Numbers are never used again; 0 is no stream.
using ConnectionId = uint64_t;

// A message to be sent on the stream `connection`.
struct Outgoing {
  ConnectionId connection = 0;
  v1::CoordinatorMessage message;
};

// The stream `connection` is to be ended with this status.
struct CloseConnection {
  ConnectionId connection = 0;
  absl::Status status;
};

// What the calls of a Coordinator since the last TakeEffects want done.
struct Effects {
  std::vector<Write> writes;
  std::vector<Outgoing> messages;
  std::vector<CloseConnection> closes;
  // Number of heartbeats whose telemetry made no sense and was ignored.
  int64_t refused_telemetry = 0;

  void Send(ConnectionId connection, v1::CoordinatorMessage message) {
    messages.push_back({connection, std::move(message)});
  }
  void Close(ConnectionId connection, absl::Status status) {
    closes.push_back({connection, std::move(status)});
  }
  // Appends an InsertEvent and returns it.
  InsertEvent& Event(absl::string_view kind, std::string message,
                     absl::Time now, int64_t sweep_id = 0,
                     int64_t trial_index = -1) {
    writes.push_back(InsertEvent{std::string(kind), sweep_id, trial_index,
                                 std::move(message), now});
    return std::get<InsertEvent>(writes.back());
  }
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_EFFECTS_H_
