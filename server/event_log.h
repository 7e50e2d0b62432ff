#ifndef FATHOM_SERVER_EVENT_LOG_H_
#define FATHOM_SERVER_EVENT_LOG_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "server/coordinator/effects.h"

namespace fathom::server {

// Writes the events of the ledger to the log as well, each with the trace of
// its sweep. It keeps the traces of running sweeps that have one.
//
// Not thread-safe.
class EventLog {
 public:
  using Traces = absl::flat_hash_map<int64_t, std::string>;  // By sweep.

  // `traces` are those of the sweeps that are running already.
  explicit EventLog(Traces traces = {}) : traces_(std::move(traces)) {}

  // Logs the events among effects that are on disk.
  void Append(const Effects& effects);

 private:
  Traces traces_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_EVENT_LOG_H_
