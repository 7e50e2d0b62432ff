#ifndef FATHOM_SERVER_COORDINATOR_COORDINATOR_H_
#define FATHOM_SERVER_COORDINATOR_COORDINATOR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "proto/sweep/space.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/ledger_state.h"

namespace fathom {

// Every decision of the service: which trials go to whom, what a report means,
// when a worker counts as lost.
//
//   Sweep    a spec and its trials; holds a cursor, not a list of trials
//   Session  the life of a worker; outlives its connections
//   Lease    a session's right to some trials of one sweep
//
// Pure: no I/O, no threads, no clock. Each method changes the state and adds to
// the effects; TakeEffects hands them over to be carried out. Memory and time
// depend on running sweeps, sessions and open leases, not on the number of
// trials of a sweep.
//
// Not thread-safe.
class Coordinator {
 public:
  struct Options {
    // How long a session may be silent before its leases expire.
    absl::Duration lease_ttl = absl::Seconds(30);
    // How often workers give a sign of life.
    absl::Duration heartbeat_period = absl::Seconds(2);
    // A trial that loses its worker this often ends as FAILED.
    int max_lost_attempts = 3;
    // Whether workers of an earlier coordinator may still be training. If not
    // (their process is gone), their leases end at once and are not held
    // against the trials.
    bool workers_outlive_coordinator = true;
  };

  // Goes on where the ledger ends.
  Coordinator(const Options& options, LedgerState state, absl::Time now);

  // Creates a sweep of a normalized spec, or returns the running one with the
  // same fingerprint unless `force_new`. INVALID_ARGUMENT when the spec is not
  // valid. O(length of the spec).
  absl::StatusOr<v1::Sweep> CreateSweep(const v1::SweepSpec& spec,
                                        bool force_new, absl::Time now);

  // Cancels a running sweep. NOT_FOUND when no running sweep has this number.
  absl::StatusOr<v1::Sweep> CancelSweep(int64_t sweep_id, absl::Time now);

  // Returns the running sweep with this number, its progress up to the last
  // sign of life of its workers. NOT_FOUND when no running sweep has it.
  absl::StatusOr<v1::Sweep> GetRunningSweep(int64_t sweep_id) const;

  std::vector<v1::Worker> ListWorkers(absl::Time now) const;

  // A message came in on a stream. The first one must be a Hello.
  void OnMessage(ConnectionId connection, v1::WorkerMessage message,
                 absl::Time now);

  // A stream has ended, for whatever reason. Harmless to repeat.
  void OnDisconnected(ConnectionId connection, absl::Time now);

  // Time has passed: expires the leases of silent sessions. Call about once a
  // second: longer gaps count as time in which the coordinator did not run.
  void OnTick(absl::Time now);

  // Returns what is to be done since the last call.
  Effects TakeEffects();

 private:
  struct Sweep {
    v1::Sweep sweep;  // Without progress.fraction.
    Space space;
    bool varies_steps = false;  // Whether `steps` is an axis.
    int64_t next_index = 0;     // All trials below have been given out before.
    // Trials to be given out again: index -> (attempts so far, lost ones).
    struct Returned {
      int32_t attempts = 0;
      int32_t lost = 0;
    };
    std::map<int64_t, Returned> returned;
    double steps_done = 0;  // Of finished trials.
    bool dirty = false;     // The ledger has older counters.
  };
  struct LeasedTrial {
    int64_t index = 0;
    int32_t attempt = 0;
    int32_t lost = 0;
    bool open = true;
  };
  struct Lease {
    int64_t sweep_id = 0;
    std::string session_id;
    std::vector<LeasedTrial> trials;  // By index.
    int64_t open_trials = 0;
    double steps = 0;  // Taken so far, from heartbeats.
  };
  struct Demand {
    ConnectionId connection = 0;
    int32_t trials = 0;
  };
  struct Session {
    v1::Hello hello;
    ConnectionId connection = 0;  // 0: not connected.
    absl::Time last_heard;
    bool leaving = false;
    int open_demands = 0;
    std::vector<int64_t> leases;
    int64_t last_sequence = 0;
    int64_t finished_trials = 0;
  };

  // Forgets the session's open demands.
  void WithdrawDemands(Session& session);
  // Forgets the session's stream.
  void Detach(Session& session);
  void OnHello(ConnectionId connection, const v1::Hello& hello, absl::Time now);
  void OnReport(Session& session, int64_t sequence, v1::Report report,
                absl::Time now);
  void OnReleased(Session& session, const v1::Released& released,
                  absl::Time now);
  void OnHeartbeat(const Session& session, const v1::Heartbeat& heartbeat);

  // Answers open demands, oldest first, for as long as there are trials.
  void Assign(absl::Time now);
  void GrantLease(Session& session, Sweep& sweep, int32_t trials,
                  absl::Time now);
  // Moves up to `limit` pending trials of `sweep` into `lease`.
  void TakeTrials(Sweep& sweep, int64_t limit, Lease& lease);

  // Gives the open trials of a lease back and ends it.
  void ReturnLease(int64_t lease_id, bool lost, absl::Time now);
  void EraseLease(int64_t lease_id);
  // Finds an open trial of `lease`; null when it is not there on this attempt.
  static LeasedTrial* FindOpen(Lease& lease, int64_t index, int32_t attempt);
  // Closes the trial that `result` ends. False when the result does not hold
  // `lease`: then it is left to the ledger to compare.
  bool CloseTrial(Sweep& sweep, Lease& lease, const v1::TrialResult& result,
                  absl::Time now);
  void CompareStale(int64_t sweep_id, const v1::TrialResult& result,
                    absl::Time now);
  void EndIfComplete(Sweep& sweep, absl::Time now);
  void RemoveEndedSweeps();
  void WriteProgress(Sweep& sweep);

  double StepsOf(const Sweep& sweep, int64_t index) const;
  static int64_t Pending(const Sweep& sweep);
  v1::Sweep WithProgress(const Sweep& sweep) const;

  void Send(ConnectionId connection, v1::CoordinatorMessage message);
  void Close(ConnectionId connection, absl::Status status);
  void Event(absl::string_view kind, std::string message, absl::Time now,
             int64_t sweep_id = 0, int64_t trial_index = -1);

  const Options options_;
  std::map<int64_t, Sweep> sweeps_;  // Running ones, oldest first.
  // Completed since the last TakeEffects: the ledger does not know it yet.
  std::vector<v1::Sweep> just_completed_;
  std::map<std::string, Session> sessions_;
  absl::flat_hash_map<ConnectionId, std::string> session_of_;
  absl::flat_hash_map<int64_t, Lease> leases_;
  int64_t next_sweep_id_ = 1;
  int64_t next_lease_id_ = 1;
  std::deque<Demand> demands_;  // Open ones, oldest first.
  int64_t connected_slots_ = 0;
  absl::Time last_tick_ = absl::InfinitePast();
  Effects effects_;
};

}  // namespace fathom

#endif  // FATHOM_SERVER_COORDINATOR_COORDINATOR_H_
