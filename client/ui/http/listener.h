#ifndef FATHOM_CLIENT_UI_HTTP_LISTENER_H_
#define FATHOM_CLIENT_UI_HTTP_LISTENER_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "client/ui/http/conversation.h"
#include "client/ui/http/door.h"
#include "client/ui/http/event_hub.h"
#include "client/ui/http/limits.h"
#include "client/ui/http/site.h"
#include "client/ui/http/transport.h"
#include "client/ui/http/work_pool.h"
#include "proto/shared/credentials.h"

namespace fathom::client {

// The HTTP server of `fathom ui`. One thread has all connections and never
// waits; a few others find the answers.
//
// This class is thread-safe.
class Listener {
 public:
  struct Options {
    std::string listen = {};  // HOST:PORT; port 0 takes a free one.
    KeyPair tls = {};         // Empty for no TLS.
    Site::Options site = {};  // The listener's host is among the names.
    UiLimits limits = {};
  };

  // Listens from now on. `door` and `hub` must outlive the listener. Whether
  // the address may be used is for the caller to check. The errors are those of
  // Network::Listen.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(Options options,
                                                         Door& door,
                                                         EventHub& hub);

  // Stops, and stops the hub: pages are told so, and what is being answered has
  // UiLimits::stop to end.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Takes another key pair for connections to come; see Network::SetKeys.
  absl::Status SetKeys(const KeyPair& pair) { return network_->SetKeys(pair); }

  int port() const { return port_; }
  UiCounts counts() const { return site_.counts(); }

 private:
  Listener(Options options, std::unique_ptr<Network> network, Door& door,
           EventHub& hub);

  void Accept(std::shared_ptr<Stream> stream);
  // Makes room for one connection more; returns whether there is.
  bool MakeRoom();
  void OnEnd(int64_t id);
  // Calls `act` with every conversation.
  void ForEach(const std::function<void(Conversation&)>& act);
  void BeginStop();

  const UiLimits limits_;
  EventHub& hub_;
  Site site_;
  // Outlives what uses its timers and streams.
  const std::unique_ptr<Network> network_;
  const int port_;
  WorkPool pool_;
  const ConversationContext context_;

  // Of the thread of the network.
  absl::flat_hash_map<int64_t, std::shared_ptr<Conversation>> conversations_;
  int64_t last_id_ = 0;
  bool is_stopping_ = false;
  absl::Notification all_over_;  // When it stops.

  std::thread thread_;
};

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_UI_HTTP_LISTENER_H_
