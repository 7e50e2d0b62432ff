#ifndef FATHOM_SERVER_COORDINATOR_SESSION_H_
#define FATHOM_SERVER_COORDINATOR_SESSION_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.pb.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/hosts.h"
#include "server/coordinator/lease.h"

namespace fathom::server {

// A session: the life of a worker process, which may span several connections.
// Only Sessions changes who the worker is and whether it is connected; the
// Coordinator changes the public members.
class Session {
 public:
  explicit Session(std::string id) : held(std::move(id)) {}

  const std::string& id() const { return held.session_id(); }
  // The Hello of the last connection. A session restored from a ledger has only
  // the name of the worker and the session id in it.
  const v1::Hello& hello() const { return hello_; }
  const std::string& worker() const { return hello_.worker(); }
  HostKey host() const { return host_; }
  // Name of the token with which the worker connected; empty without tokens.
  const std::string& caller() const { return caller_; }
  bool connected() const { return connection_ != 0; }
  ConnectionId connection() const { return connection_; }  // 0 for none.

  // Returns OK when a message with this sequence number may come now. Numbered
  // messages come in the order of their numbers, and those that were not
  // acknowledged come again on the next connection. 0 stands for no number and
  // is always allowed.
  absl::Status CheckSequence(int64_t sequence) const;
  // Whether a message with this number has come before.
  bool HasSeen(int64_t sequence) const {
    return sequence > 0 && sequence <= last_sequence_;
  }
  // Notes that the message with this number, which CheckSequence allows, has
  // come.
  void NoteSequence(int64_t sequence) {
    stream_sequence_ = sequence;
    last_sequence_ = std::max(last_sequence_, sequence);
  }

  absl::Time last_heard;
  // When the job that the worker runs in ends; never where that is not known.
  absl::Time ends = absl::InfiniteFuture();
  absl::Time begun;       // When the session said its first hello.
  bool leaving = false;   // The worker has said that it leaves.
  bool draining = false;  // The worker was asked to leave.
  int open_demands = 0;
  Holder held;
  int64_t finished_trials = 0;
  // What the worker last said about itself; null when it has said nothing.
  std::unique_ptr<const v1::WorkerTelemetry> telemetry;
  // Running sweeps that the worker cannot run, and why.
  std::map<int64_t, std::string> declined;

 private:
  friend class Sessions;
  v1::Hello hello_;
  HostKey host_ = 0;
  std::string caller_;
  bool begun_ = false;  // Whether its worker has said hello.
  ConnectionId connection_ = 0;
  int64_t last_sequence_ = 0;
  int64_t stream_sequence_ = 0;  // The last one on this connection.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_SESSION_H_
