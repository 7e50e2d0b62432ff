#ifndef FATHOM_SERVER_ACCEPTOR_H_
#define FATHOM_SERVER_ACCEPTOR_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server_builder.h"

namespace fathom::server {

// Listens on an address and hands the connections to gRPC, whose own listener
// (1.51) accepts nothing any more once it has met a lack of descriptors. When
// they get short, new connections are closed at once, so that enough are left
// for the ledger, and it goes on when others have ended.
//
// This class is thread-safe; it has a thread of its own.
class Acceptor {
 public:
  using Receiver = grpc::experimental::ExternalConnectionAcceptor;

  // Listens on `address`, HOST:PORT, which CheckListenAddress has passed; port
  // 0 takes a free one. UNAVAILABLE when it cannot.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(
      const std::string& address);
  // Ends; no connection is handed over any more.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  int port() const { return port_; }

  // Hands connections to `receiver` from now on. Call once, after gRPC's server
  // has started.
  void Start(std::unique_ptr<Receiver> receiver);

 private:
  Acceptor() = default;
  void Run();
  // Accepts all that wait on `listener`. False when the system has no room for
  // another one now.
  bool AcceptAll(int listener);
  void HandOver(int listener, int connection);

  std::vector<int> listeners_;
  int port_ = 0;
  int wake_ = -1;  // Readable when it is to end.
  std::unique_ptr<Receiver> receiver_;
  absl::Time last_refusal_ = absl::InfinitePast();  // That was logged.
  std::thread thread_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_ACCEPTOR_H_
