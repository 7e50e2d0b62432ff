#ifndef FATHOM_SERVER_COORDINATOR_COORDINATOR_H_
#define FATHOM_SERVER_COORDINATOR_COORDINATOR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "proto/sweep/space.h"
#include "server/coordinator/demands.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/fair_share.h"
#include "server/coordinator/hosts.h"
#include "server/coordinator/lease_table.h"
#include "server/coordinator/ledger_state.h"
#include "server/coordinator/matching.h"
#include "server/coordinator/options.h"
#include "server/coordinator/running_sweep.h"
#include "server/coordinator/sessions.h"

namespace fathom::server {

// Every decision of the service: which trials go to whom, what a report means,
// when a worker counts as lost.
//
//   RunningSweep  a spec and its trials; holds a cursor, not a list of trials
//   Sessions      the lives of workers, which outlive their connections
//   LeaseTable    the sessions' rights to some trials of a sweep each
//   FairShare     whose turn it is, from the slot time that sweeps have had
//
// Each of these keeps its own invariant; what is here takes a message, or what
// people ask for, and decides. Pure: no I/O, no threads, no clock. Each method
// changes the state and adds to the effects; TakeEffects hands them over to be
// carried out. Memory and time depend on running sweeps, sessions and open
// leases, not on the number of trials of a sweep.
//
// Not thread-safe.
class Coordinator {
 public:
  using Options = CoordinatorOptions;

  // Goes on where the ledger ends.
  Coordinator(const Options& options, LedgerState state, absl::Time now);

  // Creates a sweep of a normalized spec for `owner`, or returns the running
  // one with the same fingerprint unless `force_new`. INVALID_ARGUMENT when the
  // spec, the priority or the weight is not valid. O(length of the spec).
  absl::StatusOr<v1::Sweep> CreateSweep(const v1::SweepSpec& spec,
                                        bool force_new, absl::Time now,
                                        int32_t priority = 0, double weight = 1,
                                        const std::string& owner = "");

  // The same of a spec that was checked elsewhere: O(length of the spec) to
  // keep it, and nothing else that takes time in it.
  struct CheckedSpec {
    v1::SweepSpec spec;
    Space space;
    std::vector<std::string> fingerprints;  // See Fingerprints().
  };
  static absl::StatusOr<CheckedSpec> Check(const v1::SweepSpec& spec);
  absl::StatusOr<v1::Sweep> CreateSweep(CheckedSpec checked, bool force_new,
                                        absl::Time now, int32_t priority,
                                        double weight,
                                        const std::string& owner);

  // Cancels a running sweep. NOT_FOUND when no running sweep has this number.
  absl::StatusOr<v1::Sweep> CancelSweep(int64_t sweep_id, absl::Time now);

  // Pauses, resumes, or changes priority and weight of a running sweep.
  // NOT_FOUND when no running sweep has this number, INVALID_ARGUMENT when a
  // value is out of range.
  absl::StatusOr<v1::Sweep> ChangeSweep(int64_t sweep_id,
                                        const v1::UpdateSweepRequest& request,
                                        absl::Time now);

  // Gives failed trials out again. `recorded` is the sweep as the ledger has
  // it, running or completed, with its FAILED trials as open_trials.
  // UNAVAILABLE when the ledger is about to change: ask it again.
  // FAILED_PRECONDITION when it is cancelled, or its spec is not understood.
  absl::StatusOr<v1::Sweep> RetryTrials(LedgerState::OpenSweep recorded,
                                        absl::Time now);

  // Asks the sessions with this worker name, or the one with this session id,
  // to finish what they hold and leave. NOT_FOUND when there is none.
  absl::StatusOr<std::vector<v1::Worker>> DrainWorkers(
      const std::string& worker, absl::Time now);

  // Gives nothing out any more.
  void StopGranting() { granting_ = false; }
  bool granting() const { return granting_; }
  int64_t open_leases() const { return leases_.size(); }

  // Returns the running sweep with this number, its progress up to the last
  // sign of life of its workers. NOT_FOUND when no running sweep has it.
  absl::StatusOr<v1::Sweep> GetRunningSweep(int64_t sweep_id) const;

  std::vector<v1::Worker> ListWorkers(absl::Time now) const;

  // What the ledger does not know: how far running sweeps have come, up to the
  // last sign of life of their workers, and who is at work. O(leases, sessions
  // and running sweeps).
  struct Look {
    absl::flat_hash_map<int64_t, double> fractions;  // By sweep.
    std::vector<v1::Worker> workers;
  };
  Look LookAt(absl::Time now) const;

  // A message came in on a stream of `caller`, the name of a token or nothing.
  // The first one must be a Hello.
  void OnMessage(ConnectionId connection, v1::WorkerMessage message,
                 absl::Time now, const std::string& caller = "");

  // A stream has ended, for whatever reason. Harmless to repeat.
  void OnDisconnected(ConnectionId connection, absl::Time now);

  // Time has passed: expires the leases of silent sessions. Call about once a
  // second: longer gaps count as time in which the coordinator did not run.
  void OnTick(absl::Time now);

  // Returns what is to be done since the last call.
  Effects TakeEffects();

  // Whether demands wait that could be answered, but for the bound on trials in
  // one transaction; and answers more of them.
  bool behind() const { return behind_; }
  void CatchUp(absl::Time now) { AssignNew(now); }

 private:
  // The state of a ledger (coordinator.cc), with the trials of its leases.
  using Leased = absl::flat_hash_map<int64_t, std::vector<LeasedTrial>>;
  void LoadSweeps(LedgerState& state, Leased& leased, absl::Time now);
  void LoadLeases(const LedgerState& state, Leased& leased, absl::Time now);

  // What workers say (listening.cc).
  void OnHello(ConnectionId connection, const v1::Hello& hello,
               const std::string& caller, absl::Time now);
  // Carries out what is not a Hello. Changes nothing unless the message is as
  // it should be.
  absl::Status OnBody(Session& session, v1::WorkerMessage& message,
                      absl::Time now);
  absl::Status OnDemand(Session& session, const v1::Demand& demand);
  void OnReleased(Session& session, const v1::Released& released,
                  absl::Time now);
  void OnHeartbeat(const Session& session, const v1::Heartbeat& heartbeat,
                   absl::Time now);
  // The session cannot run this sweep, and gets nothing of it any more.
  void Decline(Session& session, int64_t sweep_id, const std::string& reason,
               absl::Time now);
  // Takes the session's leases back that never reached it. Returns those that
  // it holds no more.
  std::vector<int64_t> SettleHeld(const Session& session, absl::Time now);
  // Ends the stream because of what it sent. Nothing of that has happened, and
  // nothing that follows on this stream will.
  void Refuse(ConnectionId connection, absl::Status status, absl::Time now);
  // Forgets the session's stream, and what was asked for on it.
  void Detach(Session& session);

  // What became of trials (reports.cc).
  absl::Status OnReport(Session& session, int64_t sequence, v1::Report report,
                        absl::Time now);
  // A report on a lease that the session does not hold (any more).
  absl::Status OnLateReport(const Session& session, v1::Report report,
                            absl::Time now);
  // Gives those trials of the lease back whose points do not go on where the
  // ledger ends: only a new attempt makes their curves whole.
  void ReturnTorn(RunningSweep& sweep, Lease& lease, const v1::Report& report,
                  absl::Time now);
  // Returns the trial, on this attempt, that the session has lost and nobody
  // has been given since; null when there is none.
  ReturnedTrial* FindLate(const Session& session, int64_t sweep_id,
                          int64_t index, int32_t attempt);
  // Closes the trial that `result` ends. False when the result does not hold
  // `lease`: then it is left to the ledger to compare.
  bool CloseTrial(const Session& session, RunningSweep& sweep, Lease& lease,
                  const v1::TrialResult& result, absl::Time now);
  void CompareStale(const Session& session, int64_t sweep_id,
                    const v1::TrialResult& result, absl::Time now);
  // What the session has finished may make room for others.
  void NoteFinished(Session& session, const v1::Report& report);

  // Giving trials out (granting.cc). Assign answers open demands, oldest first,
  // for as long as there are trials; AssignNew leaves those out for whom there
  // was nothing last time.
  void Assign(absl::Time now);
  void AssignNew(absl::Time now);
  // Whether the demand was answered.
  bool Answer(const Demands::Demand& demand, absl::Time now);
  // Whose turn it is to give something to `session`; null: nobody's.
  RunningSweep* NextSweep(const Session& session, absl::Time now);
  void GrantLease(Session& session, RunningSweep& sweep, int32_t trials,
                  absl::Time now);
  bool AnythingPending() const;

  // Taking trials back (returning.cc): the open ones of a lease, which ends.
  // `lost`: what its worker had in hand when it was lost with everything.
  void ReturnLease(int64_t lease_id, absl::Time now,
                   const TogetherTrials* lost = nullptr);
  void ReturnOpen(RunningSweep& sweep, const Lease& lease,
                  const LeasedTrial& trial, const TogetherTrials* lost,
                  absl::Time now);
  void EraseLease(int64_t lease_id, absl::Time now);
  // Gives back what has not moved for the stall limit. From time to time, as it
  // looks at all leases.
  void TakeBackStalled(absl::Time now);
  // Nothing has been heard of the session for the lease TTL.
  void OnSilence(Session& session, absl::Time now);

  // Sweeps (coordinator.cc).
  RunningSweep& AddSweep(v1::Sweep sweep, std::optional<Space> space,
                         int64_t next_index);
  RunningSweep* FindSweep(int64_t sweep_id);
  void JoinShare(RunningSweep& sweep, absl::Time now);
  void EndIfComplete(RunningSweep& sweep, absl::Time now);
  void RemoveEndedSweeps();
  void WriteProgress(RunningSweep& sweep);
  v1::Sweep WithProgress(const RunningSweep& sweep) const;
  v1::Worker Describe(const Session& session, absl::Time now) const;

  const Options options_;
  bool granting_ = true;
  std::map<int64_t, RunningSweep> sweeps_;  // Oldest first.
  // Since the last TakeEffects: the ledger does not know of it yet.
  std::vector<v1::Sweep> just_completed_;
  std::set<int64_t> just_retried_;
  Sessions sessions_;
  LeaseTable leases_;
  FairShare fair_share_;
  Hosts hosts_;
  const Matching matching_{sessions_, hosts_};
  Demands demands_;
  int64_t next_sweep_id_ = 1;
  int64_t trials_given_ = 0;  // Since the last TakeEffects.
  bool behind_ = false;
  absl::Time last_tick_ = absl::InfinitePast();
  absl::Time next_stall_check_ = absl::InfinitePast();
  Effects effects_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_COORDINATOR_H_
