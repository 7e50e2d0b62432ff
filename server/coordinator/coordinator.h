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
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fathom/v1/scaling.pb.h"
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

// Makes every decision of the service: which trials go to which worker, what a
// report means, when a worker counts as lost. The state is kept by four parts,
// each of which keeps an invariant of its own:
//
//   RunningSweep  a spec and its trials; holds a cursor, not a list of trials
//   Sessions      the lives of workers, which outlive their connections
//   LeaseTable    the sessions' rights to some trials of a sweep each
//   FairShare     whose turn it is, from the slot time that sweeps have had
//
// The Coordinator itself takes a message of a worker or a request of a person,
// and decides. It is pure: no I/O, no threads, no clock. Each method changes
// the state and appends to the effects; TakeEffects hands these over to be
// carried out. Memory and time depend on the number of running sweeps, sessions
// and open leases, not on the number of trials of a sweep.
//
// Not thread-safe.
class Coordinator {
 public:
  using Options = CoordinatorOptions;

  // Continues from `state`, which was read from the ledger at `now`. The
  // sessions of its leases count as heard of at `now`.
  Coordinator(const Options& options, LedgerState state, absl::Time now);

  // Creates a sweep of a normalized spec for `owner`, as part of the trace that
  // `traceparent` names, which must be valid or empty; or returns the running
  // sweep with the same fingerprint unless `force_new`. INVALID_ARGUMENT when
  // the spec, the priority or the weight is not valid. Takes time proportional
  // to the length of the spec.
  absl::StatusOr<v1::Sweep> CreateSweep(const v1::SweepSpec& spec,
                                        bool force_new, absl::Time now,
                                        int32_t priority = 0, double weight = 1,
                                        const std::string& owner = "",
                                        const std::string& traceparent = "");

  // The same in two steps, so that the expensive checks can run on another
  // thread: Check() depends on the spec alone. Of the work that grows with the
  // length of the spec, only keeping it is left to the second step.
  struct CheckedSpec {
    v1::SweepSpec spec;
    Space space;
    std::vector<std::string> fingerprints;  // See Fingerprints().
  };
  static absl::StatusOr<CheckedSpec> Check(const v1::SweepSpec& spec);
  absl::StatusOr<v1::Sweep> CreateSweep(CheckedSpec checked, bool force_new,
                                        absl::Time now, int32_t priority,
                                        double weight, const std::string& owner,
                                        const std::string& traceparent = "");

  // Cancels a running sweep. NOT_FOUND when no running sweep has this number.
  absl::StatusOr<v1::Sweep> CancelSweep(int64_t sweep_id, absl::Time now);

  // Pauses, resumes, or changes priority and weight of a running sweep.
  // NOT_FOUND when no running sweep has this number; INVALID_ARGUMENT when a
  // value is out of range.
  absl::StatusOr<v1::Sweep> ChangeSweep(int64_t sweep_id,
                                        const v1::UpdateSweepRequest& request,
                                        absl::Time now);

  // Gives failed trials out again. `recorded` is the sweep as it stands in the
  // ledger, running or completed, with its FAILED trials as open_trials.
  // UNAVAILABLE when effects that have not been written yet change the sweep:
  // then read the ledger and call again later. FAILED_PRECONDITION when the
  // sweep is cancelled or its spec is not understood.
  absl::StatusOr<v1::Sweep> RetryTrials(LedgerState::OpenSweep recorded,
                                        absl::Time now);

  // Deletes a sweep. `recorded` is the sweep as it stands in the ledger; `why`
  // ends the sentence of the event, as in "by ada". FAILED_PRECONDITION while
  // the sweep is running. UNAVAILABLE when effects that have not been written
  // yet change the sweep: then read the ledger and call again later. NOT_FOUND
  // when they delete it.
  absl::Status DeleteSweep(const LedgerState::OpenSweep& recorded,
                           absl::string_view why, absl::Time now);
  // Whether effects that have not been written yet delete this sweep.
  bool IsDeleting(int64_t sweep_id) const {
    return just_deleted_.contains(sweep_id);
  }

  // Whether a session of this id is connected or has leases.
  bool HasSession(const std::string& session_id) const {
    return sessions_.Find(session_id) != nullptr;
  }

  // Asks the sessions with this worker name, or the session with this id, to
  // finish the trials that they hold and leave. NOT_FOUND when there is no such
  // session.
  absl::StatusOr<std::vector<v1::Worker>> DrainWorkers(
      const std::string& worker, absl::Time now);

  // Stops giving out trials, for good.
  void StopGranting() { granting_ = false; }
  bool granting() const { return granting_; }
  int64_t open_leases() const { return leases_.size(); }

  // Returns the running sweep with this number. Its progress includes the steps
  // that its workers named in their last heartbeats. NOT_FOUND when no running
  // sweep has this number.
  absl::StatusOr<v1::Sweep> GetRunningSweep(int64_t sweep_id) const;

  // Returns all sessions, connected or not, in the order of their ids.
  std::vector<v1::Worker> ListWorkers(absl::Time now) const;

  // What the ledger does not know: the fraction of the steps that each running
  // sweep has taken, up to the last heartbeats of its workers, and the workers.
  // LookAt takes O(leases + sessions * running sweeps) time.
  struct Look {
    absl::flat_hash_map<int64_t, double> fractions;  // By sweep number.
    std::vector<v1::Worker> workers;
    v1::Load load;  // Without the workers.
    int64_t leases = 0;
    int64_t demands = 0;  // That wait for trials.
    int64_t connected_slots = 0;
    // The trials of a running sweep that are not finished.
    struct OpenTrials {
      std::string sweep;  // Its number, or "others".
      std::string name;
      int64_t pending = 0;
      int64_t leased = 0;
    };
    // Of the oldest kMaxSweepsShown sweeps; the last entry is the sum of all
    // others, if there are any.
    std::vector<OpenTrials> open_trials;
  };
  Look LookAt(absl::Time now) const;

  // Handles a message that has come on a stream. `caller` is the name of the
  // token with which the stream was opened, empty without tokens. The first
  // message of a stream must be a Hello.
  void OnMessage(ConnectionId connection, v1::WorkerMessage message,
                 absl::Time now, const std::string& caller = "");

  // Returns OK when the session of `caller` holds the trial of the checkpoint,
  // on its attempt, in this lease: only then may it put the checkpoint aside.
  // Otherwise FAILED_PRECONDITION.
  absl::Status CheckHolds(const std::string& caller,
                          const std::string& session_id, int64_t lease_id,
                          const v1::TrialCheckpoint& checkpoint);
  // Notes that the file of this checkpoint is on disk. Only then does a report
  // that names it count.
  void NotePutAside(const std::string& caller, const std::string& session_id,
                    int64_t lease_id, const v1::TrialCheckpoint& checkpoint);

  // Handles the end of a stream, whatever its reason. Another call for the same
  // stream has no effect.
  void OnDisconnected(ConnectionId connection, absl::Time now);

  // Expires the leases of silent sessions, and takes back leases that have
  // stalled. To be called about once a second; much longer gaps count as time
  // in which the coordinator did not run and nobody could be heard.
  void OnTick(absl::Time now);

  // Returns the effects of all calls since the last TakeEffects.
  Effects TakeEffects();

  // behind() says whether demands wait only because of the bound on the trials
  // given out between two TakeEffects; CatchUp() then answers more of them.
  bool behind() const { return behind_; }
  void CatchUp(absl::Time now) { AssignNew(now); }

 private:
  // Take over the state of a ledger (coordinator.cc). LoadSweeps sorts leased
  // trials into `leased`, by lease, from which LoadLeases takes them.
  using Leased = absl::flat_hash_map<int64_t, std::vector<LeasedTrial>>;
  void LoadSweeps(LedgerState& state, Leased& leased, absl::Time now);
  void LoadLeases(const LedgerState& state, Leased& leased, absl::Time now);

  // Messages of workers (listening.cc).
  void OnHello(ConnectionId connection, const v1::Hello& hello,
               const std::string& caller, absl::Time now);
  // Handles a message that is not a Hello. Changes nothing when it returns an
  // error.
  absl::Status OnBody(Session& session, v1::WorkerMessage& message,
                      absl::Time now);
  // Notes a demand, which Assign answers.
  absl::Status OnDemand(Session& session, const v1::Demand& demand);
  // Takes back the leases that the worker gives back, and notes whether it
  // cannot run their sweeps.
  void OnReleased(Session& session, const v1::Released& released,
                  absl::Time now);
  // Notes how many steps the worker has taken in its leases.
  void OnHeartbeat(Session& session, const v1::Heartbeat& heartbeat,
                   absl::Time now);
  // Notes that the session cannot run this sweep; it gets no more trials of it.
  void Decline(Session& session, int64_t sweep_id, const std::string& reason,
               absl::Time now);
  // Compares the leases that the session's Hello names with those that it holds
  // here. Takes back leases that never reached the worker, and returns those
  // that the worker names but does not hold any more.
  std::vector<int64_t> SettleHeld(const Session& session, absl::Time now);
  // Ends the stream with `status` because its last message was wrong. That
  // message has had no effect, and nothing that follows it on the stream has
  // one.
  void Refuse(ConnectionId connection, absl::Status status, absl::Time now);
  // Forgets the session's stream and withdraws its demands.
  void Detach(Session& session);

  // Reports of what became of trials (reports.cc).
  absl::Status OnReport(Session& session, int64_t sequence, v1::Report report,
                        absl::Time now);
  // Handles a report on a lease that the session does not hold, or not any
  // more.
  absl::Status OnLateReport(const Session& session, v1::Report report,
                            absl::Time now);
  // Returns the trial of the checkpoint if this session of `caller` holds it in
  // this lease on its attempt, otherwise null.
  LeasedTrial* FindHeld(const std::string& caller,
                        const std::string& session_id, int64_t lease_id,
                        const v1::TrialCheckpoint& checkpoint);
  // Takes back those trials of the lease whose new points do not continue the
  // curve in the ledger, and `torn`: only another attempt can complete such a
  // curve.
  void ReturnTorn(RunningSweep& sweep, Lease& lease, const v1::Report& report,
                  const std::vector<LeasedTrial*>& torn, absl::Time now);
  // Returns the trial if the session has lost it on this attempt and nobody has
  // been given it since, otherwise null.
  ReturnedTrial* FindLate(const Session& session, int64_t sweep_id,
                          int64_t index, int32_t attempt);
  // Closes the trial that `result` ends. Returns false when the trial is not
  // open in `lease` on this attempt; the ledger then compares the result with
  // the recorded one.
  bool CloseTrial(const Session& session, RunningSweep& sweep, Lease& lease,
                  const v1::TrialResult& result, absl::Time now);
  // Has the ledger compare a result that came too late with the recorded one.
  void CompareStale(const Session& session, int64_t sweep_id,
                    const v1::TrialResult& result, absl::Time now);
  // Counts the trials that the session has finished, and notes where this makes
  // room for demands that could not be answered before.
  void NoteFinished(Session& session, const v1::Report& report);

  // Giving trials out (granting.cc). Assign answers open demands, the oldest
  // first, as long as there are trials. AssignNew does the same but skips the
  // demands that were set aside because there was nothing for them.
  void Assign(absl::Time now);
  void AssignNew(absl::Time now);
  // Returns whether the demand could be answered.
  bool Answer(const Demands::Demand& demand, absl::Time now);
  // Returns the sweep whose turn it is to give trials to `session`, null when
  // there is none.
  RunningSweep* NextSweep(const Session& session, absl::Time now);
  // Gives the session up to `trials` trials of the sweep, of which it may take
  // at least one.
  void GrantLease(Session& session, RunningSweep& sweep, int32_t trials,
                  absl::Time now);
  // Whether some sweep has trials to give out.
  bool AnythingPending() const;

  // Taking trials back (returning.cc). ReturnLease ends a lease and takes its
  // open trials back. `lost` is null for trials that were given back, otherwise
  // the open trials that were lost together with their worker.
  void ReturnLease(int64_t lease_id, absl::Time now,
                   const TogetherTrials* lost = nullptr);
  // Takes back one open trial, or ends it as FAILED when it is to blame for the
  // loss of its workers.
  void ReturnOpen(RunningSweep& sweep, const Lease& lease,
                  const LeasedTrial& trial, const TogetherTrials* lost,
                  absl::Time now);
  // Forgets a lease whose trials have been dealt with.
  void EraseLease(int64_t lease_id, absl::Time now);
  // Takes back the leases that have not moved for the stall limit. It looks at
  // all leases, and therefore only from time to time.
  void TakeBackStalled(absl::Time now);
  // Ends the leases of a session that has been silent for the lease TTL.
  void OnSilence(Session& session, absl::Time now);

  // The running sweeps (coordinator.cc, look.cc). AddSweep adds one, of which
  // the trials below `next_index` have been given out.
  RunningSweep& AddSweep(v1::Sweep sweep, std::optional<Space> space,
                         int64_t next_index);
  RunningSweep* FindSweep(int64_t sweep_id);
  // Lets a sweep compete for slots that had no claim to them before.
  void JoinShare(RunningSweep& sweep, absl::Time now);
  // Ends the sweep as completed when all its trials have an outcome.
  void EndIfComplete(RunningSweep& sweep, absl::Time now);
  // Forgets sweeps that have ended, after a last UpdateSweep.
  void RemoveEndedSweeps();
  // Appends an UpdateSweep if the sweep has changed.
  void WriteProgress(RunningSweep& sweep);
  // Returns the sweep with the current fraction of its steps.
  v1::Sweep WithProgress(const RunningSweep& sweep) const;
  // Returns the session as people see it. Takes O(running sweeps) time.
  v1::Worker Describe(const Session& session, absl::Time now) const;

  const Options options_;
  bool granting_ = true;
  std::map<int64_t, RunningSweep> sweeps_;  // By number, the oldest first.
  // Sweeps that were completed, retried or deleted since the last TakeEffects,
  // which the ledger does not know of yet.
  std::vector<v1::Sweep> just_completed_;
  std::set<int64_t> just_retried_;
  std::set<int64_t> just_deleted_;
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
