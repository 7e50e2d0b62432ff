#ifndef FATHOM_TESTS_SIMULATION_SIMULATION_H_
#define FATHOM_TESTS_SIMULATION_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/core.h"
#include "tests/simulation/memory_disk.h"
#include "tests/simulation/random.h"
#include "tests/simulation/worker.h"

namespace fathom::simulation {

// Deliberate mistakes, each of which a run must find.
enum class Mistake {
  kNone,
  kLyingDisk,        // Syncs do nothing.
  kAckBeforeCommit,  // Answers go before the commit.
  kForgetfulWorker,  // Nothing is sent again after a break.
  // Late results count whatever their attempt. The mistake is compiled in.
  kNoFence,
};

struct Options {
  uint64_t seed = 0;
  bool faults = true;
  Mistake mistake = Mistake::kNone;
  bool verbose = false;
};

inline constexpr absl::Duration kLeaseTtl = absl::Seconds(6);
inline constexpr size_t kWorkers = 3;
// The longest time that a message is on its way.
inline constexpr absl::Duration kLatency = absl::Milliseconds(40);

// Returns the spec of a sweep with `trials` small trials.
v1::SweepSpec SpecOf(const std::string& name, int64_t trials);

// How often things happened in the runs. A run without a certain fault proves
// nothing about that fault.
struct Statistics {
  int64_t events = 0;
  int64_t starts = 0;  // Starts of the coordinator.
  int64_t kills = 0;   // Of the coordinator, with power on.
  int64_t power_cuts = 0;
  int64_t failed_commits = 0;
  int64_t worker_deaths = 0;
  int64_t lost_attempts = 0;
  int64_t late_results = 0;    // Late results that were accepted.
  int64_t second_results = 0;  // Results that were compared.
  int64_t quarantines = 0;
  int64_t declines = 0;        // Sweeps that workers could not run.
  int64_t refusals = 0;        // Streams ended for their messages.
  int64_t hostile_sweeps = 0;  // Sweeps of the hostile client.
  int64_t checkpoints = 0;     // Checkpoints that were recorded.
  int64_t resumptions = 0;     // Trials that went on from one.
  int64_t fresh_starts = 0;    // Trials that could not.
  int64_t deletions = 0;       // Sweeps that were deleted, and acknowledged.
  int64_t cleanings = 0;       // Steps of cleaning up.
  int64_t cut_cleanings = 0;   // Starts with rows left to be cleaned up.
  int64_t uploads = 0;         // Datasets that nobody uses.

  void Add(const Statistics& other);
  // Returns whether everything happened at least once.
  bool Complete() const;
  std::string Text() const;
};

// Runs the real Core (coordinator and ledger) on a disk in memory, with
// simulated workers, network, clock and client, in one thread. What happens,
// and when, is a function of the seed.
//
// The faults are these. Messages are late, doubled, or lost with their stream,
// and streams break on one side first. Workers die, leave, or freeze for longer
// than their leases last, and one trial may kill its workers. The coordinator
// stops, is killed between any two events or at any write, or loses power at
// such a moment. Its clock jumps, writes and syncs fail, and a worker finds
// that it cannot run a sweep. Beside all this a hostile worker sends messages
// that no worker should send, and a hostile client makes sweeps that nobody
// needs, uploads datasets, whole and in part, and deletes sweeps. After a while
// the faults stop. Then everything must come to its end, with the digest of an
// undisturbed run.
class Simulation {
 public:
  // `path` names a file that can be created, for the ledger's lock.
  Simulation(const Options& options, std::string path);

  // Runs the simulation and fills in `digest`. Returns OK when everything held
  // that must hold.
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
  // A place for a worker process and its successors, with the stream of the
  // process.
  struct Place {
    std::unique_ptr<SimulatedWorker> worker;
    int64_t life = 0;  // Events of an older life are void.
    server::ConnectionId connection = 0;
    int64_t stream = 0;  // Likewise, as the worker sees it.
    bool frozen = false;
    std::vector<v1::CoordinatorMessage> buffered;  // Received while frozen.
    absl::Time up_time, down_time;  // Arrival of the last message.
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

  // These methods are the life of the coordinator.
  void StartServer();
  void StopServer();
  void KillServer(bool power_cut);
  void RestartLater();
  void Post(server::Core::Task task);
  // Makes the core execute the posted tasks, and continue what it put off.
  void Continue();
  void Turn();
  void Tick(int64_t life);
  // Cleans up, step by step.
  void CleanLoop(int64_t life);
  // Stops, and starts again later, after the core has ended or the disk died.
  void RecoverLater();
  void Deliver(server::Effects& effects);
  void NoteWrites(const server::Effects& effects);
  void CheckLedger(bool at_end);
  void CheckRecorded();
  void AdoptFound();

  // These methods are the workers and their streams.
  void StartWorker(size_t place);
  void KillWorker(size_t place);
  void ConnectWorker(size_t place);
  void Break(size_t place);
  void SendUp(size_t place, v1::WorkerMessage message);
  void SendDown(server::ConnectionId connection,
                v1::CoordinatorMessage message);
  void WorkLoop(size_t place, int64_t life);
  SimulatedWorker::States StatesOf();
  // Damages or removes a file of a checkpoint.
  void HarmCheckpoint();
  // Fails when a file of a checkpoint has not gone with its trial.
  void CheckFiles();
  // Cleans `ledger` up to the end, and fails when anything is left.
  void CheckClean(server::Ledger& ledger);
  // Returns the first column of the rows of a statement.
  std::vector<std::string> Ask(const std::string& sql);

  // These methods are the faults, and the clients of the service.
  void FaultLoop();
  void OneFault();
  void ClientLoop();
  void HostileClientLoop();
  void DeleteLoop();
  // Has the coordinator delete a sweep that has ended.
  void AskToDelete(int64_t sweep_id);
  // Uploads a dataset, or a part of one, that nobody uses.
  void UploadSomething();
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
  // The files of checkpoints of the running coordinator. They are on the real
  // disk, which loses nothing.
  std::shared_ptr<server::CheckpointFiles> files_;
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
    int64_t sweep_id = 0;  // 0 before it is acknowledged.
    bool to_cancel = false;
    bool cancelled = false;  // And acknowledged.
    bool complete = false;
    bool to_delete = false;  // When it is complete.
    bool deleted = false;    // And gone.
  };
  std::vector<Wanted> wanted_;
  int64_t hostile_specs_ = 0;
  std::map<int64_t, std::string> fingerprints_;  // By sweep.
  int64_t poison_ = -1;                          // A trial of the first sweep.
  std::map<TrialKey, Recorded> recorded_;        // What was acknowledged.
  // What CheckLedger last found on the disk: results, and the fingerprints of
  // sweeps.
  std::map<TrialKey, Recorded> found_;
  std::map<int64_t, std::string> found_sweeps_;
  std::map<int64_t, int64_t> found_ended_;  // Their states.
  // Sweeps that have ended, with their states; those whose deletion was asked
  // for, and those of them whose deletion was acknowledged.
  std::map<int64_t, int64_t> ended_;
  std::set<int64_t> asked_;
  std::set<int64_t> gone_;
  int64_t highest_sweep_ = 0;  // The highest number so far.
  std::map<TrialKey, int64_t> newest_attempt_;
  std::string digest_;
};

}  // namespace fathom::simulation

#endif  // FATHOM_TESTS_SIMULATION_SIMULATION_H_
