#ifndef FATHOM_SERVER_COORDINATOR_COORDINATOR_H_
#define FATHOM_SERVER_COORDINATOR_COORDINATOR_H_

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fathom/v1/sweep_service.pb.h"
#include "fathom/v1/worker_service.pb.h"
#include "proto/sweep/space.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/hosts.h"
#include "server/coordinator/ledger_state.h"
#include "server/coordinator/returned.h"
#include "server/limits.h"

namespace fathom::server {

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
    // How long a lease of a living worker may stay at the same step until it is
    // taken back and given to others.
    absl::Duration stall_limit = absl::Hours(1);
    // How often workers give a sign of life.
    absl::Duration heartbeat_period = absl::Seconds(2);
    // A trial that loses its worker this often, with nothing else in the
    // worker's hands, on several hosts or on one that finishes other trials
    // between, ends as FAILED. More that is lost together is given out again in
    // halves first.
    int max_lost_attempts = 3;
    // As long as only one host has lost it, which finishes nothing else, but
    // does not lose anything else either, a trial ends after so many.
    int max_lost_on_one_host = 10;
    // Whether workers of an earlier coordinator may still be training. If not
    // (their process is gone), their leases end at once and are not held
    // against the trials.
    bool workers_outlive_coordinator = true;
    // Most trials that are given out between two TakeEffects.
    int64_t max_trials_per_transaction = kMaxTrialsPerTransaction;
  };

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
  int64_t open_leases() const { return static_cast<int64_t>(leases_.size()); }

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
  struct Sweep {
    v1::Sweep sweep;  // Without progress.fraction.
    // Nothing where the spec is not understood (`sweep.unreadable` says why):
    // nothing is given out then, but what is open is kept.
    std::optional<Space> space;
    int spec_revision = 0;   // That a worker must know.
    int64_t next_index = 0;  // All trials below have been given out before.
    ReturnedTrials returned;
    // The session that is to get a loner next and therefore gets nothing else.
    std::string clearing_session;
    double steps_done = 0;  // Of finished trials.
    bool dirty = false;     // The ledger has older counters.
    // What it has had of the slots; see Share.
    absl::Duration held;  // By leases that have ended.
    int64_t open_leases = 0;
    absl::Duration granted_sum;  // Of open leases: when, since start_.
    double share_offset = 0;
    // By how much it was ahead of the least when it last left the competition.
    double lead = 0;
  };
  struct LeasedTrial {
    int64_t index = 0;
    int32_t attempt = 0;
    int32_t lost_alone = 0;
    int64_t bundle_limit = 0;
    int32_t next_chunk = 0;  // Of its curve: what is there ends before it.
    int64_t last_step = -1;  // Of what was heard of its curve; -1: nothing.
    HostKey lost_by = 0;     // As in ReturnedTrial.
    bool lost_by_several = false;
    bool open = true;
  };
  struct Lease {
    int64_t sweep_id = 0;
    std::string session_id;
    std::vector<LeasedTrial> trials;  // By index.
    int64_t open_trials = 0;
    // Least bundle_limit of its trials; 0: it has no suspects. Either all
    // trials of a lease are suspects, or none is.
    int64_t bundle_limit = 0;
    double steps = 0;       // Of open trials, taken so far; from heartbeats.
    double open_steps = 0;  // Of open trials, to take altogether.
    double finished_steps = 0;  // Of those that are not open any more.
    // OptimumFingerprint of every data and loss; empty before the first report
    // of an optimum.
    absl::flat_hash_set<std::string> optima;
    absl::Time granted;
    double heard_steps = 0;  // Most that a heartbeat named.
    absl::Time moved;        // When that, or a report, came last.
  };
  // The open trials of a session.
  struct Suspicion {
    int64_t trials = 0;
    int64_t suspects = 0;  // Of them.
    int64_t limit = 0;     // Most suspects; 0: any number, 1: no other trial.
  };
  struct Demand {
    ConnectionId connection = 0;
    int32_t trials = 0;
  };
  struct Session {
    v1::Hello hello;
    ConnectionId connection = 0;  // 0: not connected.
    absl::Time last_heard;
    bool leaving = false;   // It said so.
    bool draining = false;  // It was asked to.
    int open_demands = 0;
    std::set<int64_t> leases;
    int64_t leased_trials = 0;  // Of these, open or not.
    // Open trials of these in leases with a bundle_limit, and those limits:
    // what is asked for every demand.
    int64_t suspects = 0;
    std::multiset<int64_t> suspect_limits;
    int64_t last_sequence = 0;
    int64_t stream_sequence = 0;  // Last one on this connection.
    int64_t finished_trials = 0;
    std::string caller;  // Name of the token that it came with.
    // Running sweeps that it cannot run, and why.
    std::map<int64_t, std::string> declined;
  };

  // The session was lost while it held trials.
  void OnWorkerLost(const Session& session, absl::Time now);
  // Gives back what has not moved for the stall limit. From time to time, as it
  // looks at all leases.
  void TakeBackStalled(absl::Time now);
  // Forgets the session's open demands.
  void WithdrawDemands(Session& session);
  // Forgets the session's stream.
  void Detach(Session& session);
  // Enters the running sweeps of a ledger, with their open trials.
  void LoadSweeps(LedgerState& state, absl::Time now);
  void LoadLeases(const LedgerState& state, absl::Time now);
  void OnHello(ConnectionId connection, const v1::Hello& hello,
               const std::string& caller, absl::Time now);
  // Fails when this session may not be begun, or gone on with, by `caller`.
  absl::Status CheckSession(const v1::Hello& hello,
                            const std::string& caller) const;
  void EraseSession(const std::string& session_id);
  // Fails unless sequence numbers go on without a gap.
  static absl::Status CheckSequence(const Session& session, int64_t sequence);
  // Takes the session's leases back that never reached it. Returns those that
  // it holds no more.
  std::vector<int64_t> SettleHeld(Session& session, const v1::Hello& hello,
                                  absl::Time now);
  // Ends the stream because of what it sent. Nothing of that has happened, and
  // nothing that follows on this stream will.
  void Refuse(ConnectionId connection, absl::Status status, absl::Time now);
  // Carries out what is not a Hello. Changes nothing unless the message is as
  // it should be.
  absl::Status OnBody(ConnectionId connection, Session& session,
                      v1::WorkerMessage& message, absl::Time now);
  absl::Status OnDemand(ConnectionId connection, Session& session,
                        const v1::Demand& demand);
  absl::Status OnReport(Session& session, int64_t sequence, v1::Report report,
                        absl::Time now);
  // Fails on points and results that belong to the lease, or to what the
  // session has lost, and do not fit their trials.
  static absl::Status CheckHeld(const Sweep& sweep, Lease& lease,
                                const v1::Report& report);
  absl::Status CheckLate(const Session& session, const v1::Report& report);
  // Records those that are of data and a loss of the lease's trials.
  void RecordOptima(const Session& session, const Sweep& sweep, Lease& lease,
                    v1::Report& report, absl::Time now);
  // Gives those trials of the lease back whose points do not go on where the
  // ledger ends: it has lost what was acknowledged (a copy was put in its
  // place, or a disk lied), and only a new attempt makes the curve whole.
  void ReturnTorn(Sweep& sweep, Lease& lease, const v1::Report& report,
                  absl::Time now);
  // Returns the trial, on this attempt, that the session has lost and nobody
  // has been given since; null when there is none.
  ReturnedTrial* FindLate(const Session& session, int64_t sweep_id,
                          int64_t index, int32_t attempt);
  // A report on a lease that the session does not hold (any more).
  void OnLateReport(const Session& session, v1::Report report, absl::Time now);
  void OnReleased(Session& session, const v1::Released& released,
                  absl::Time now);
  // The session cannot run this sweep: it gets nothing of it any more.
  void Decline(Session& session, int64_t sweep_id, const std::string& reason,
               absl::Time now);
  void OnHeartbeat(const Session& session, const v1::Heartbeat& heartbeat,
                   absl::Time now);

  // Answers open demands, oldest first, for as long as there are trials.
  void Assign(absl::Time now);
  // Likewise, but leaves those out for whom there was nothing last time.
  void AssignNew(absl::Time now);
  // The lease is, or is no more, among those of the session that hold suspects,
  // if it has any.
  static void HoldSuspects(Session& session, const Lease& lease);
  static void LetSuspectsGo(Session& session, const Lease& lease);
  // Whether the demand was answered.
  bool Answer(const Demand& demand, absl::Time now);
  // Returns the sweep whose turn it is to give something to `session`; null
  // when nothing is to be given out.
  Sweep* NextSweep(const Session& session, absl::Time now);
  // Returns how many trials the session may be given besides what it holds.
  static int64_t RoomForTrials(const Session& session);
  Suspicion SuspicionOf(const Session& session) const;
  // Returns how many suspects of `sweep` the session may be given.
  int64_t RoomForSuspects(const Session& session, const Sweep& sweep) const;
  // Whether the session may be given the next loner of `sweep`: not on a host
  // that has lost it, when there is another that could try, or when this one
  // could first show that it can run something else.
  bool MayTakeLoner(const Session& session, const Sweep& sweep) const;
  // Whether a worker on another host than `host` could run `sweep`.
  bool HasOtherHost(HostKey host, const Sweep& sweep) const;
  // Returns why the session cannot run the sweep; "" when it can, as far as it
  // is known.
  static std::string WhyNot(const Session& session, const Sweep& sweep);
  // Whether `sweep` has anything for the session, or wants it for a loner.
  bool MayTake(const Session& session, const Sweep& sweep) const;
  // Whether a session is getting empty for a loner of `sweep`, and whether this
  // one is.
  bool HasClearing(const Sweep& sweep) const;
  bool IsClearing(const Session& session, const Sweep& sweep) const;
  bool AnythingPending() const;
  // Returns the slot time that the sweep has had, over its weight; the sweep
  // with the least of it is next among those of one priority. A lease that has
  // just been granted counts as one second, so that grants at one instant take
  // turns, too.
  double Share(const Sweep& sweep, absl::Time now) const;
  // Returns the least share of the other sweeps that compete with this one, or
  // of all others of its priority when none does; nothing without any.
  std::optional<double> LeastShare(const Sweep& sweep, absl::Time now) const;
  // Lets the sweep compete from now on, with no claim to the past.
  void JoinShare(Sweep& sweep, absl::Time now);
  void GrantLease(Session& session, Sweep& sweep, int32_t trials,
                  absl::Time now);
  // Moves up to `limit` pending trials of `sweep` into `lease`, which is not
  // among those of `session` yet.
  void TakeTrials(const Session& session, Sweep& sweep, int64_t limit,
                  Lease& lease);

  static void AddTrial(Lease& lease, const LeasedTrial& trial);
  // Returns among how many trials that a lost session held the killer is, as
  // far as `trial` is concerned.
  static int64_t Blame(const LeasedTrial& trial, const Suspicion& lost);
  // Whether what is known of the trial, which has just been lost alone once
  // more, is enough to end it. Before Hosts::Lost.
  bool IsToBlame(const ReturnedTrial& trial) const;
  // Gives the open trials of a lease back and ends it. `lost`: what its session
  // held when it was lost with everything.
  void ReturnLease(int64_t lease_id, absl::Time now,
                   const Suspicion* lost = nullptr);
  void EraseLease(int64_t lease_id, absl::Time now);
  // The lease has all its trials and counts from now on.
  void BeginLease(Sweep& sweep, Lease& lease, absl::Time now);
  // The trial, of `steps` steps, is not open any more.
  static void Close(Lease& lease, LeasedTrial& trial, double steps);
  // Finds an open trial of `lease`; null when it is not there on this attempt.
  static LeasedTrial* FindOpen(Lease& lease, int64_t index, int32_t attempt);
  // Closes the trial that `result` ends. False when the result does not hold
  // `lease`: then it is left to the ledger to compare.
  bool CloseTrial(const Session& session, Sweep& sweep, Lease& lease,
                  const v1::TrialResult& result, absl::Time now);
  // Keeps the numerics strings of the sweep's results.
  void NoteNumerics(const Session& session, Sweep& sweep,
                    const v1::TrialResult& result, absl::Time now);
  static void CountOutcome(v1::TrialState outcome, v1::Progress& progress);
  void CompareStale(const Session& session, int64_t sweep_id,
                    const v1::TrialResult& result, absl::Time now);
  void EndIfComplete(Sweep& sweep, absl::Time now);
  void RemoveEndedSweeps();
  void WriteProgress(Sweep& sweep);

  // Steps of a trial, and of all. Where the spec is not understood, every trial
  // counts as one.
  static double StepsOf(const Sweep& sweep, int64_t index);
  static double TotalSteps(const Sweep& sweep);
  static int64_t Pending(const Sweep& sweep);
  // Whether its trials may go to anyone.
  static bool MayGiveOut(const Sweep& sweep) {
    return sweep.space.has_value() && !sweep.sweep.paused();
  }
  v1::Sweep WithProgress(const Sweep& sweep) const;
  v1::Worker Describe(const std::string& id, const Session& session,
                      absl::Time now) const;

  void Send(ConnectionId connection, v1::CoordinatorMessage message);
  void Close(ConnectionId connection, absl::Status status);
  void Event(absl::string_view kind, std::string message, absl::Time now,
             int64_t sweep_id = 0, int64_t trial_index = -1);

  const Options options_;
  const absl::Time start_;
  bool granting_ = true;
  std::map<int64_t, Sweep> sweeps_;  // Running ones, oldest first.
  // Completed since the last TakeEffects: the ledger does not know it yet.
  std::vector<v1::Sweep> just_completed_;
  // Retried since then, likewise.
  std::set<int64_t> just_retried_;
  std::map<std::string, Session> sessions_;
  absl::flat_hash_map<std::string, int64_t> sessions_of_;  // By caller.
  Hosts hosts_;
  absl::flat_hash_map<ConnectionId, std::string> session_of_;
  std::map<int64_t, Lease> leases_;
  int64_t next_sweep_id_ = 1;
  int64_t next_lease_id_ = 1;
  // Open ones, oldest first; and those before them for whom there was nothing
  // among what there was, when they were last tried.
  std::list<Demand> demands_, tried_demands_;
  // Whether there may be something for these now: a lease has ended, or the
  // like.
  bool freed_ = false;
  int64_t connected_slots_ = 0;
  int64_t trials_given_ = 0;  // Since the last TakeEffects.
  bool behind_ = false;
  absl::Time last_tick_ = absl::InfinitePast();
  absl::Time next_stall_check_ = absl::InfinitePast();
  Effects effects_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_COORDINATOR_H_
