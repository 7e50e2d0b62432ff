#ifndef FATHOM_SERVER_COORDINATOR_HOSTS_H_
#define FATHOM_SERVER_COORDINATOR_HOSTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "fathom/v1/worker_service.pb.h"

namespace fathom::server {

// The hash of a host's name, which is small enough to be kept for each trial;
// 0: none.
using HostKey = size_t;

// Returns the key of the machine that the worker runs on, or of the worker's
// name where it does not tell the machine.
HostKey HostOf(const v1::Hello& hello);

// Which machines have shown that they can run trials. When a worker dies with a
// trial, either may be to blame: a trial that ends every process that runs it,
// or a machine (too little memory, failing hardware, a shell script that kills)
// on which every trial dies. A machine that has finished a trial since it last
// lost a worker is above suspicion; a trial is when machines die that have not.
//
// Not thread-safe.
class Hosts {
 public:
  // Remembers so many hosts; when there are more, it forgets all.
  static constexpr size_t kMostHosts = 4096;

  // A worker of the host has finished a trial.
  void Finished(HostKey host);
  // The host has lost a worker that held trials. Returns how many it has lost
  // in a row without finishing a trial.
  int Lost(HostKey host);
  // A worker of the host was lost that held this trial alone.
  void LostAlone(HostKey host, int64_t sweep_id, int64_t trial_index);
  // Whether the host has finished a trial, and has not lost a worker since.
  bool Proven(HostKey host) const;
  // Whether different trials were lost alone since it last finished one.
  bool LostSeveral(HostKey host) const;

 private:
  // Since the last trial was finished.
  struct Record {
    int lost = 0;                                           // Workers.
    std::optional<std::pair<int64_t, int64_t>> lost_alone;  // Sweep and trial.
    bool several = false;  // Others than this one were lost alone.
  };
  Record& RecordOf(HostKey host);

  absl::flat_hash_map<HostKey, Record> records_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_HOSTS_H_
