#ifndef FATHOM_TESTS_SIMULATION_WORKER_H_
#define FATHOM_TESTS_SIMULATION_WORKER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "fathom/v1/worker_service.pb.h"
#include "tests/simulation/random.h"

namespace fathom::simulation {

// What trial `index` of a sweep results in. It is a pure function, as the
// result of training is.
struct TrialOutcome {
  v1::TrialResult result;              // Without its attempt.
  std::vector<v1::TrialPoints> curve;  // A chunk per point, no attempt.
};
TrialOutcome OutcomeOf(const std::string& fingerprint, int64_t index);

// A worker as worker_service.proto describes it, which can be told to die, to
// freeze and to leave. It has no clock, and works only when it is told to.
class SimulatedWorker {
 public:
  // Sends a message to the coordinator.
  using Send = std::function<void(v1::WorkerMessage)>;
  // Puts the state of a trial aside, and returns whether the coordinator has
  // it; returns the state with this digest, empty when there is none or it is
  // damaged.
  struct States {
    std::function<bool(const std::string& session, int64_t lease_id,
                       const v1::TrialCheckpoint&, const std::string& state)>
        put;
    std::function<std::string(const std::string& digest)> get;
  };

  SimulatedWorker(std::string name, std::string session, int slots,
                  Random* random, Send send, States states);

  // A connection has begun, or has ended.
  void Connect();
  void Disconnect();
  void OnMessage(const v1::CoordinatorMessage& message);

  // Trains a bit: reports some points or results of one lease. `fingerprint_of`
  // returns the fingerprint of a sweep, which its results depend on.
  void Work(const std::function<std::string(int64_t)>& fingerprint_of);
  void Heartbeat();
  // Gives all leases back, and leaves once everything is acknowledged.
  void Leave();

  bool leaving() const { return leaving_; }
  bool finished() const {
    return (leaving_ || draining_) && outbox_.empty() && leases_.empty();
  }
  bool connected() const { return connected_; }
  // Returns whether the worker holds the trial.
  bool Holds(int64_t sweep_id, int64_t index) const;
  // Whether the worker forgets unacknowledged messages when it reconnects,
  // which is a deliberate mistake.
  bool forgets = false;
  // Probability that the worker finds that it cannot run the sweep of a lease.
  double declines = 0;
  bool has_declined() const { return has_declined_; }
  // Whether the worker is hostile. Then it trains nothing, and sends messages
  // about leases that it does not have, trials that it was never given, and
  // things that do not exist.
  bool hostile = false;

  const std::string& name() const { return name_; }
  // Describes the worker for people.
  std::string Text() const;

 private:
  struct Lane {
    int64_t index = 0;
    int32_t attempt = 0;
    int32_t next_chunk = 0;
  };
  struct Lease {
    v1::Lease lease;
    std::vector<Lane> lanes;  // Those not finished.
    bool begun = false;       // Whether its checkpoints have been looked at.
  };
  void Queue(v1::WorkerMessage message);
  void Flush();
  void DemandMore();
  void Misbehave();
  void Grant(const v1::Lease& lease);
  // Goes on from the checkpoints of a lease, or does not.
  void Resume(const v1::Lease& lease, const std::string& fingerprint);
  // Announces a checkpoint of the lane in the report, puts its state aside, and
  // sends it later.
  void Checkpoint(Lane& lane, const std::string& fingerprint,
                  v1::Report& report);
  // Names the checkpoint that was put aside last.
  void NameCheckpoint();

  const std::string name_;
  const std::string session_;
  const int slots_;
  Random* const random_;
  const Send send_;
  const States states_;
  // A report that names a checkpoint which has been put aside; empty for none.
  v1::Report to_name_;
  bool connected_ = false;
  bool welcomed_ = false;
  bool leaving_ = false;
  bool draining_ = false;
  bool has_declined_ = false;
  int demands_ = 0;  // Open demands.
  int64_t next_sequence_ = 1;
  std::deque<v1::WorkerMessage> outbox_;
  size_t unsent_ = 0;
  std::map<int64_t, Lease> leases_;
  // All trials that the worker was ever given, with their sweeps.
  std::set<std::pair<int64_t, int64_t>> given_;
};

}  // namespace fathom::simulation

#endif  // FATHOM_TESTS_SIMULATION_WORKER_H_
