#ifndef FATHOM_SERVER_COORDINATOR_SESSION_H_
#define FATHOM_SERVER_COORDINATOR_SESSION_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "fathom/v1/worker_service.pb.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/hosts.h"
#include "server/coordinator/lease.h"

namespace fathom::server {

// The life of a worker. Who it is and whether it is connected is changed by
// Sessions alone; what it does, by the Coordinator.
class Session {
 public:
  explicit Session(std::string id) : held(std::move(id)) {}

  const std::string& id() const { return held.session_id(); }
  // Of its last connection. What a ledger tells is less: only the worker.
  const v1::Hello& hello() const { return hello_; }
  const std::string& worker() const { return hello_.worker(); }
  HostKey host() const { return host_; }
  // Name of the token that it came with; empty where there are no tokens.
  const std::string& caller() const { return caller_; }
  bool connected() const { return connection_ != 0; }
  ConnectionId connection() const { return connection_; }  // 0: none.

  // Messages with a number come in its order, and those that were not
  // acknowledged come again on the next connection. Whether the number is one
  // that may come now. 0 is none, and always may.
  absl::Status CheckSequence(int64_t sequence) const;
  // Whether the message with this number has come before.
  bool HasSeen(int64_t sequence) const {
    return sequence > 0 && sequence <= last_sequence_;
  }
  // The message with this number, which CheckSequence allows, has come.
  void NoteSequence(int64_t sequence) {
    stream_sequence_ = sequence;
    last_sequence_ = std::max(last_sequence_, sequence);
  }

  absl::Time last_heard;
  bool leaving = false;   // It said so.
  bool draining = false;  // It was asked to.
  int open_demands = 0;
  Holder held;
  int64_t finished_trials = 0;
  // Running sweeps that it cannot run, and why.
  std::map<int64_t, std::string> declined;

 private:
  friend class Sessions;
  v1::Hello hello_;
  HostKey host_ = 0;
  std::string caller_;
  bool begun_ = false;  // It has said hello.
  ConnectionId connection_ = 0;
  int64_t last_sequence_ = 0;
  int64_t stream_sequence_ = 0;  // Last one on this connection.
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_COORDINATOR_SESSION_H_
