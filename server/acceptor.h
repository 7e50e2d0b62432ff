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

// Listens on an address and hands the connections to gRPC. gRPC's own listener
// (1.51) accepts nothing any more once it has run out of file descriptors. This
// class closes new connections at once when descriptors get scarce, so that
// enough remain for the ledger, and accepts connections again when others have
// ended.
//
// This class is thread-safe. It has a thread of its own.
class Acceptor {
 public:
  using Receiver = grpc::experimental::ExternalConnectionAcceptor;

  // Listens on `address`, HOST:PORT, which CheckListenAddress must have
  // accepted. Port 0 takes a free port. UNAVAILABLE when it cannot listen.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(
      const std::string& address);
  // Ends the thread and stops listening; no connection is handed over any more.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  int port() const { return port_; }

  // Hands connections to `receiver` from now on. To be called once, after
  // gRPC's server has started.
  void Start(std::unique_ptr<Receiver> receiver);

 private:
  Acceptor() = default;
  void Run();
  // Accepts all connections that wait on `listener`. Returns false when the
  // system has no room for another one at present.
  bool AcceptAll(int listener);
  // Hands one connection to gRPC, or closes it when descriptors are scarce.
  void HandOver(int listener, int connection);

  std::vector<int> listeners_;
  int port_ = 0;
  int wake_ = -1;  // An event descriptor, readable when the thread is to end.
  std::unique_ptr<Receiver> receiver_;
  absl::Time last_refusal_ = absl::InfinitePast();  // The last logged one.
  std::thread thread_;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_ACCEPTOR_H_
