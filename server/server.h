#ifndef FATHOM_SERVER_SERVER_H_
#define FATHOM_SERVER_SERVER_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "grpcpp/grpcpp.h"
#include "server/acceptor.h"
#include "server/api/callers.h"
#include "server/api/gatekeeper.h"
#include "server/api/read_pool.h"
#include "server/api/sweep_service.h"
#include "server/api/transfers.h"
#include "server/api/worker_service.h"
#include "server/coordinator/coordinator.h"
#include "server/core_loop.h"
#include "server/server_credentials.h"
#include "server/store/reader.h"

namespace fathom::server {

// A whole coordinator: ledger, decisions, gRPC. Serves from Start until it is
// destroyed.
//
// This class is thread-safe.
class Server {
 public:
  struct Options {
    // The ledger. Created when missing, unless `read_only`.
    std::string db_path;
    // HOST:PORT to listen on, port 0 for any free one; empty for the in-process
    // channel alone. Beyond loopback only with TLS and tokens.
    std::string listen;
    ServerSecurity security;
    // Serves reads of the ledger only, without a coordinator, beside one that
    // may be running elsewhere.
    bool read_only = false;
    Coordinator::Options coordinator;
    // Writes what happens to the log, as well as to the ledger.
    bool log_events = false;
    // Told once, on a thread of the server, when the ledger cannot be written
    // any more. The server must then be destroyed; a new one goes on.
    absl::AnyInvocable<void(const absl::Status&)> on_fatal;
  };

  // The errors of Ledger::Open, LedgerReader::Open, CheckListenAddress and
  // MakeServerCredentials.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options);

  // Ends all streams (workers keep training and come back), finishes running
  // calls and closes the ledger.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Gives nothing out any more. For a server that is about to stop.
  void StopGranting();
  // Returns how many leases are open: bundles that workers are at work on.
  int64_t OpenLeases();

  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Reads the token file again; the old tokens stay when it has an error.
  // Worker streams are cut, so that every worker shows its token anew; other
  // calls end whose token is gone.
  absl::Status ReloadTokens();

  // How connections are protected, for people.
  std::string DescribeSecurity() const;

  // The port that is listened on; 0 without one.
  int port() const { return port_; }

 private:
  Server() = default;
  void StartThreads();
  absl::Status Listen(const std::string& address);

  ServerSecurity security_;
  std::shared_ptr<Gatekeeper> gatekeeper_;  // Null without tokens.

  std::unique_ptr<LedgerReader> reader_;
  std::unique_ptr<CoreLoop> loop_;  // Null when read-only.
  std::unique_ptr<Callers> callers_;
  // See SweepService::Pools.
  std::unique_ptr<ReadPool> read_pool_;
  std::unique_ptr<ReadPool> change_pool_;
  std::unique_ptr<ReadPool> query_pool_;
  std::unique_ptr<ReadPool> audit_pool_;
  std::unique_ptr<ReadPool> download_pool_;
  std::unique_ptr<Transfers> uploads_;
  std::unique_ptr<Transfers> downloads_;
  absl::Notification stopping_;
  std::thread watch_;  // Ends transfers that do not get on.
  std::unique_ptr<SweepService> sweep_service_;
  std::unique_ptr<WorkerService> worker_service_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<Acceptor> acceptor_;  // Null without a port.
  int port_ = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_SERVER_H_
