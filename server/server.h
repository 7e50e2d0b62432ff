#ifndef FATHOM_SERVER_SERVER_H_
#define FATHOM_SERVER_SERVER_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "grpcpp/grpcpp.h"
#include "server/acceptor.h"
#include "server/api/call_counts.h"
#include "server/api/callers.h"
#include "server/api/external_scaler.h"
#include "server/api/gatekeeper.h"
#include "server/api/live_view.h"
#include "server/api/read_pool.h"
#include "server/api/scaling_service.h"
#include "server/api/sweep_service.h"
#include "server/api/transfers.h"
#include "server/api/worker_service.h"
#include "server/coordinator/coordinator.h"
#include "server/core_loop.h"
#include "server/retention.h"
#include "server/server_credentials.h"
#include "server/store/reader.h"

namespace fathom::server {

// A whole coordinator: the ledger, the decisions and the gRPC services. It
// serves from Start until it is destroyed.
//
// This class is thread-safe.
class Server {
 public:
  struct Options {
    // The file of the ledger, which is created when missing unless `read_only`.
    std::string db_path;
    // HOST:PORT to listen on; port 0 takes a free port. Empty for the
    // in-process channel alone. A host beyond loopback needs TLS and tokens;
    // see CheckMayLeaveLoopback.
    std::string listen;
    ServerSecurity security;
    // Only serves reads of the ledger, without a coordinator. Another process
    // may run a coordinator on the same ledger.
    bool read_only = false;
    Coordinator::Options coordinator;
    // Which sweeps are deleted some time after their end. None by default.
    Retention retention;
    // Writes events to the log as well as to the ledger.
    bool log_events = false;
    // Called once, on a thread of the server, when the ledger cannot be written
    // any more. The server must then be destroyed; a new one can continue from
    // the ledger.
    absl::AnyInvocable<void(const absl::Status&)> on_fatal;
  };

  // Starts a server. The errors are those of CheckListenAddress, ReadTokens,
  // MakePrivate, Ledger::Open, LedgerReader::Open and ReadTlsKeys, and
  // UNAVAILABLE when it cannot listen.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options);

  // Ends all streams (workers keep training and connect again later), lets
  // running calls finish for a short time and closes the ledger.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Stops giving out trials, for a server that is about to stop. Not for a
  // read-only server.
  void StopGranting();
  // Returns the number of open leases, which are bundles that workers are
  // training. Not for a read-only server.
  int64_t OpenLeases();

  // Returns a channel to this server within the process, which needs no token.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Whether there are files of tokens, or of certificates, to read again.
  bool has_tokens() const { return gatekeeper_ != nullptr; }
  bool has_tls() const { return tls_keys_ != nullptr; }

  // Reads the token file again; the old tokens stay when the file has an error.
  // If it says something else than before, all streams of workers are closed,
  // so that every worker shows its token again; of the other open calls, those
  // end whose token is gone. To be called when has_tokens().
  absl::Status ReloadTokens();

  // Deletes sweeps that ended before `time`; see SweepCalls::DeleteEnded. Not
  // for a read-only server.
  absl::StatusOr<int> DeleteEnded(
      absl::Time time, absl::FunctionRef<bool(const v1::Sweep&)> keeps,
      int most) {
    return sweep_service_->DeleteEnded(time, keeps, most);
  }

  // Reads certificates and keys again; the old ones stay when there is an
  // error, one of those of TlsKeys::Read. New connections get the new ones;
  // those that are there go on. To be called when has_tls().
  absl::Status ReloadTls();

  // Returns how connections are protected, for people.
  std::string DescribeSecurity() const;

  // Returns the port of the server, 0 when it does not listen.
  int port() const { return port_; }

 private:
  Server() = default;
  // Creates the thread pools.
  void StartThreads();
  // Starts the watch; see `watch_`.
  void StartWatch();
  // Deletes sweeps that are older than they may be, now and then.
  void DeleteOld();
  // Logs which certificates end soon.
  void RemindOfExpiry();
  // Writes the telemetry of pools, transfers, calls and refusals.
  void WriteTelemetry(TelemetryWriter& writer) const;
  // Creates the services and starts gRPC; `address` may be empty.
  absl::Status Listen(const std::string& address);

  ServerSecurity security_;
  std::shared_ptr<TlsKeys> tls_keys_;       // Null without TLS.
  std::shared_ptr<Gatekeeper> gatekeeper_;  // Null without tokens.

  std::unique_ptr<LedgerReader> reader_;
  std::unique_ptr<CoreLoop> loop_;                     // Null when read-only.
  std::shared_ptr<CheckpointFiles> checkpoint_files_;  // Null when read-only.
  std::unique_ptr<Callers> callers_;
  // The threads for each kind of calls; see SweepService::Pools.
  std::unique_ptr<ReadPool> read_pool_;
  std::unique_ptr<ReadPool> change_pool_;
  std::unique_ptr<ReadPool> query_pool_;
  std::unique_ptr<ReadPool> audit_pool_;
  std::unique_ptr<ReadPool> download_pool_;
  std::unique_ptr<ReadPool> checkpoint_pool_;
  std::unique_ptr<Transfers> uploads_;
  std::unique_ptr<Transfers> downloads_;
  std::unique_ptr<Transfers> checkpoint_uploads_;
  CallCounts call_counts_;
  Retention retention_;
  absl::Time next_deletion_;
  absl::Notification stopping_;
  // Ends transfers that are too slow, drops checkpoints that nobody names,
  // tells autoscalers whether there is anything to do, and deletes old sweeps.
  // Logs that a certificate ends soon.
  std::thread watch_;
  std::unique_ptr<SweepService> sweep_service_;
  std::unique_ptr<WorkerService> worker_service_;
  // Null when read-only, all three.
  std::unique_ptr<LiveView> scaling_view_;
  std::unique_ptr<ScalingService> scaling_service_;
  std::unique_ptr<ExternalScaler> external_scaler_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<Acceptor> acceptor_;  // Null without a port.
  int port_ = 0;
};

}  // namespace fathom::server

#endif  // FATHOM_SERVER_SERVER_H_
