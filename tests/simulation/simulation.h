#ifndef FATHOM_TESTS_SIMULATION_SIMULATION_H_
#define FATHOM_TESTS_SIMULATION_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/core.h"
#include "tests/simulation/memory_disk.h"
#include "tests/simulation/random.h"
#include "tests/simulation/worker.h"

namespace fathom::simulation {

// Mistakes that a run must find out.
enum class Mistake {
  kNone,
  kLyingDisk,        // Syncs that do not.
  kAckBeforeCommit,  // Answers that go before the commit.
  kForgetfulWorker,  // No resending after a broken connection.
  kNoFence,          // Late results of any attempt count. Built in.
};

struct Options {
  uint64_t seed = 0;
  bool faults = true;
  Mistake mistake = Mistake::kNone;
  bool verbose = false;
};

inline constexpr absl::Duration kLeaseTtl = absl::Seconds(6);
inline constexpr size_t kWorkers = 3;
// Longest time that a message is on its way.
inline constexpr absl::Duration kLatency = absl::Milliseconds(40);

// A sweep of so many small trials.
v1::SweepSpec SpecOf(const std::string& name, int64_t trials);

// How often things happened. What never happens proves nothing.
struct Statistics {
  int64_t events = 0;
  int64_t starts = 0;  // Of the coordinator.
  int64_t kills = 0;   // Of the coordinator, without a power cut.
  int64_t power_cuts = 0;
  int64_t failed_commits = 0;
  int64_t worker_deaths = 0;
  int64_t lost_attempts = 0;
  int64_t late_results = 0;    // Accepted ones.
  int64_t second_results = 0;  // Compared ones.
  int64_t quarantines = 0;
  int64_t declines = 0;        // Of workers that could not run a sweep.
  int64_t refusals = 0;        // Streams that ended for what was said there.
  int64_t hostile_sweeps = 0;  // That somebody made for no good.

  void Add(const Statistics& other);
  // Returns whether everything happened.
  bool Complete() const;
  std::string Text() const;
};

// The real Core (coordinator and ledger) on a disk in memory, and simulated
// workers, network, clock and client, in one thread. What happens, and when, is
// a function of the seed.
//
// Faults: messages are late, doubled, or lost with their stream; streams break
// on one side first; workers die, freeze past their leases, leave; one trial
// may kill its workers; the coordinator stops, is killed between any two events
// or at any write, loses power there; its clock jumps; writes and syncs fail; a
// worker finds that it cannot run a sweep. Beside them a hostile worker says
// what it should not, and a hostile client makes sweeps that nobody needs.
// After a while the faults stop, and everything must come to its end, with the
// digest of an undisturbed run.
class Simulation {
 public:
  // `path` names a file that can be created: the ledger's lock.
  Simulation(const Options& options, std::string path);

  // OK when everything that must hold did. Fills `digest`.
  absl::Status Run();
  const std::string& digest() const { return digest_; }
  const Statistics& statistics() const { return statistics_; }

 private:
  struct Event {
    absl::Time time;
    int64_t order = 0;
    std::function<void()> action;
    bool operator>(const Event& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };
  // A worker process, its successors in the same place, and its stream.
  struct Place {
    std::unique_ptr<SimulatedWorker> worker;
    int64_t life = 0;  // Of the process; events of an older one are void.
    server::ConnectionId connection = 0;
    int64_t stream = 0;  // Likewise of the stream, as the worker sees it.
    bool frozen = false;
    std::vector<v1::CoordinatorMessage> buffered;  // While it is frozen.
    absl::Time up_time, down_time;  // When the last message arrives.
  };
  // The coordinator's end of a stream.
  struct ServerEnd {
    size_t place = 0;
    int64_t stream = 0;
  };
  // What has been recorded of a trial.
  struct Recorded {
    int64_t attempt = 0;
    int64_t state = 0;
    bool operator==(const Recorded&) const = default;
  };
  using TrialKey = std::pair<int64_t, int64_t>;

  void After(absl::Duration delay, std::function<void()> action);
  absl::Duration Draw(absl::Duration most);
  void Log(const std::string& text);
  void Fail(const std::string& text);

  // The coordinator.
  void StartServer();
  void StopServer();
  void KillServer(bool power_cut);
  void RestartLater();
  void Post(server::Core::Task task);
  // Has the core execute what was posted, and go on with what it put off.
  void Continue();
  void Turn();
  void Tick(int64_t life);
  void Deliver(server::Effects& effects);
  void NoteWrites(const server::Effects& effects);
  void CheckLedger(bool at_end);
  void CheckRecorded();
  void AdoptFound();

  // The workers and their streams.
  void StartWorker(size_t place);
  void KillWorker(size_t place);
  void ConnectWorker(size_t place);
  void Break(size_t place);
  void SendUp(size_t place, v1::WorkerMessage message);
  void SendDown(server::ConnectionId connection,
                v1::CoordinatorMessage message);
  void WorkLoop(size_t place, int64_t life);

  // What goes wrong, and who uses the service.
  void FaultLoop();
  void OneFault();
  void ClientLoop();
  void HostileClientLoop();
  void EndFaults();
  bool Done();

  const Options options_;
  const std::string path_;
  Random random_;
  MemoryDisk disk_;
  absl::Time now_;
  absl::Duration clock_offset_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  Statistics statistics_;
  int64_t next_order_ = 0;
  bool faults_on_ = false;
  std::vector<std::string> failures_;

  std::unique_ptr<server::Core> core_;
  int64_t server_life_ = 0;
  bool turn_due_ = false;
  std::vector<server::Core::Task> tasks_;
  std::map<server::ConnectionId, ServerEnd> ends_;
  server::ConnectionId next_connection_ = 1;
  int64_t next_session_ = 1;
  std::vector<Place> places_;

  struct Wanted {
    v1::SweepSpec spec;
    std::string fingerprint;
    int64_t sweep_id = 0;  // 0: not acknowledged yet.
    bool to_cancel = false;
    bool cancelled = false;  // Acknowledged.
    bool complete = false;
  };
  std::vector<Wanted> wanted_;
  int64_t hostile_specs_ = 0;
  std::map<int64_t, std::string> fingerprints_;  // By sweep.
  int64_t poison_ = -1;                          // Trial of the first sweep.
  std::map<TrialKey, Recorded> recorded_;        // And acknowledged.
  // On the disk, as CheckLedger saw it last: results, and contents of sweeps.
  std::map<TrialKey, Recorded> found_;
  std::map<int64_t, std::string> found_sweeps_;
  std::map<TrialKey, int64_t> newest_attempt_;
  std::string digest_;
};

}  // namespace fathom::simulation

#endif  // FATHOM_TESTS_SIMULATION_SIMULATION_H_
