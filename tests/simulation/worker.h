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

// What trial `index` of a sweep comes to: a pure function, as training is.
struct TrialOutcome {
  v1::TrialResult result;              // Without attempt.
  std::vector<v1::TrialPoints> curve;  // One chunk per point, without attempt.
};
TrialOutcome OutcomeOf(const std::string& fingerprint, int64_t index);

// A worker as worker_service.proto wants it, that can be told to die, to freeze
// and to leave. Has no clock: it is told when to do things.
class SimulatedWorker {
 public:
  // Where messages go; false when there is no connection.
  using Send = std::function<void(v1::WorkerMessage)>;

  SimulatedWorker(std::string name, std::string session, int slots,
                  Random* random, Send send);

  // A connection begins or ends.
  void Connect();
  void Disconnect();
  void OnMessage(const v1::CoordinatorMessage& message);

  // Trains a bit: reports some points or results of one lease. `fingerprint_of`
  // names the content of a sweep.
  void Work(const std::function<std::string(int64_t)>& fingerprint_of);
  void Heartbeat();
  // Gives everything back and leaves once all is acknowledged.
  void Leave();

  bool leaving() const { return leaving_; }
  bool finished() const {
    return (leaving_ || draining_) && outbox_.empty() && leases_.empty();
  }
  bool connected() const { return connected_; }
  // Returns whether it holds the trial.
  bool Holds(int64_t sweep_id, int64_t index) const;
  // Forgets what is not acknowledged when it reconnects: a bug, on purpose.
  bool forgets = false;
  // How often it finds that it cannot run the sweep of a lease.
  double declines = 0;
  bool has_declined() const { return has_declined_; }
  // Trains nothing. Says what no worker should say: of leases that it does not
  // have, of trials that it was never given, and of nothing that there is.
  bool hostile = false;

  const std::string& name() const { return name_; }
  // For people.
  std::string Text() const;

 private:
  struct Lane {
    int64_t index = 0;
    int32_t attempt = 0;
    int32_t next_chunk = 0;
  };
  struct Lease {
    v1::Lease lease;
    std::vector<Lane> lanes;  // Not finished.
  };
  void Queue(v1::WorkerMessage message);
  void Flush();
  void DemandMore();
  void Misbehave();
  void Grant(const v1::Lease& lease);

  const std::string name_;
  const std::string session_;
  const int slots_;
  Random* const random_;
  const Send send_;
  bool connected_ = false;
  bool welcomed_ = false;
  bool leaving_ = false;
  bool draining_ = false;
  bool has_declined_ = false;
  int demands_ = 0;  // Open ones.
  int64_t next_sequence_ = 1;
  std::deque<v1::WorkerMessage> outbox_;
  size_t unsent_ = 0;
  std::map<int64_t, Lease> leases_;
  // Trials that it was ever given, with their sweeps.
  std::set<std::pair<int64_t, int64_t>> given_;
};

}  // namespace fathom::simulation

#endif  // FATHOM_TESTS_SIMULATION_WORKER_H_
