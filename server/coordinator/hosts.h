#ifndef FATHOM_SERVER_COORDINATOR_HOSTS_H_
#define FATHOM_SERVER_COORDINATOR_HOSTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "fathom/v1/worker_service.pb.h"

namespace fathom::server {

// The hash of a host's name, small enough to be kept for each trial. 0 is no
// host.
using HostKey = size_t;

// Returns the key of the machine that the worker runs on or, where the worker
// does not name its machine, of the worker's name.
HostKey HostOf(const v1::Hello& hello);

// Remembers which machines (hosts) have shown that they can run trials. When a
// worker dies with a trial, either may be to blame: a trial that ends every
// process that runs it, or a machine on which every trial dies (too little
// memory, failing hardware, a shell script that kills). A machine that has
// finished a trial since it last lost a worker is not to blame for the next
// loss. Otherwise a trial is to blame only if several machines have lost it, or
// one machine many times that has lost no other trial; see CoordinatorOptions.
//
// Not thread-safe.
class Hosts {
 public:
  // The number of hosts that are remembered. One more, and all are forgotten.
  static constexpr size_t kMostHosts = 4096;

  // Notes that a worker of the host has finished a trial.
  void Finished(HostKey host);
  // Notes that the host has lost a worker that held trials. Returns how many
  // workers it has lost in a row without finishing a trial.
  int Lost(HostKey host);
  // Notes that a worker of the host was lost which held this trial alone.
  void LostAlone(HostKey host, int64_t sweep_id, int64_t trial_index);
  // Whether the host has finished a trial and has not lost a worker since.
  bool Proven(HostKey host) const;
  // Whether several different trials were lost alone on the host since it last
  // finished one.
  bool LostSeveral(HostKey host) const;

 private:
  // What has happened on a host since it last finished a trial.
  struct Record {
    // Number of workers lost in a row.
    int lost = 0;
    // The first trial that was lost alone: its sweep and its index.
    std::optional<std::pair<int64_t, int64_t>> lost_alone;
    bool several = false;  // Whether other trials were lost alone, too.
  };
  Record& RecordOf(HostKey host);

  absl::flat_hash_map<HostKey, Record> records_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_HOSTS_H_
