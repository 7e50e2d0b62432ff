#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "proto/shared/listen_address.h"
#include "proto/shared/log.h"
#include "proto/shared/protocol.h"
#include "proto/shared/status.h"
#include "server/limits.h"
#include "server/store/files/file_facts.h"

namespace fathom::server {
namespace {

// How often transfers that are too slow are looked for.
constexpr absl::Duration kLookPeriod = absl::Seconds(1);

// Largest number of open calls of one connection. A worker has one stream and a
// few short calls.
constexpr int kMostStreams = 1000;
// How long a connection may take for its handshake; how long it may be silent
// before it is pinged, and how long it may take to answer; how long it may have
// no call.
constexpr int kHandshakeMs = 10'000;
constexpr int kKeepaliveMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kIdleMs = 600'000;

// How long a transaction waits for another program that keeps the file locked,
// before the log says so and the wait goes on.
constexpr absl::Duration kLockPatience = absl::Seconds(5);

// How long after its start a coordinator deletes the first old sweeps, so that
// whoever reads what it says it will delete has time to stop it; how often it
// looks; and how many it deletes at a time.
constexpr absl::Duration kFirstDeletion = absl::Minutes(10);
constexpr absl::Duration kDeletionPeriod = absl::Minutes(1);
constexpr int kMostDeletions = 20;

// How long running calls may take to finish at shutdown.
constexpr auto kShutdownGrace = std::chrono::seconds(2);

// Returns how to make a new coordinator in the same process after a refusal.
// Null where the worker runs in the same process and ends with its connection,
// as no worker would be left then.
decltype(Core::Recovery::restart) MakeRestart(
    const Coordinator::Options& options) {
  if (!options.workers_outlive_coordinator) return nullptr;
  return [options](
             Ledger& ledger,
             absl::Time now) -> absl::StatusOr<std::unique_ptr<Coordinator>> {
    ASSIGN_OR_RETURN(LedgerState state, ledger.Load());
    return std::make_unique<Coordinator>(options, std::move(state), now);
  };
}

// Returns the traces of the running sweeps that have one.
EventLog::Traces TracesOf(const LedgerState& state) {
  EventLog::Traces traces;
  for (const LedgerState::OpenSweep& open : state.running_sweeps) {
    if (open.sweep.traceparent().empty()) continue;
    traces[open.sweep.sweep_id()] = open.sweep.traceparent();
  }
  return traces;
}

// Who only looks must not slow those down who work: queries and curves take
// what the coordinator and the workers of this machine leave, but for a third.
constexpr int kCourtesyOfReaders = 5;

std::unique_ptr<ReadPool> MakePool(int threads, int per_name, int waiting,
                                   int courtesy = 0) {
  return std::make_unique<ReadPool>(
      ReadPool::Options{.threads = threads,
                        .waiting = waiting,
                        .threads_per_name = per_name,
                        .waiting_per_name = waiting / 2,
                        .courtesy = courtesy});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options) {
  std::unique_ptr<Server> server(new Server);
  server->security_ = options.security;
  if (!options.listen.empty()) {
    RETURN_IF_ERROR(CheckListenAddress(
        options.listen, CheckMayLeaveLoopback(options.security)));
    ASSIGN_OR_RETURN(server->tls_keys_, ReadTlsKeys(options.security));
    ASSIGN_OR_RETURN(std::vector<TokenEntry> tokens,
                     ReadTokens(options.security));
    if (!tokens.empty()) {
      server->gatekeeper_ = std::make_shared<Gatekeeper>(
          Gatekeeper::Options(), std::move(tokens), absl::Now);
    }
  }
  if (!options.read_only) {
    // A ledger that every user of the machine can read would bypass the tokens.
    if (!options.security.token_file.empty()) {
      RETURN_IF_ERROR(MakePrivate(options.db_path));
    }
    ASSIGN_OR_RETURN(std::unique_ptr<Ledger> ledger,
                     Ledger::Open(options.db_path, kLockPatience));
    ASSIGN_OR_RETURN(LedgerState state, ledger->Load());
    server->checkpoint_files_ = ledger->checkpoint_files();
    if (options.log_events && !state.running_sweeps.empty()) {
      Log(LogLevel::kInfo,
          absl::StrCat("going on with ", state.running_sweeps.size(),
                       " running sweeps and ", state.leases.size(),
                       " open leases"));
    }
    std::unique_ptr<EventLog> event_log;
    if (options.log_events) {
      event_log = std::make_unique<EventLog>(TracesOf(state));
    }
    auto coordinator = std::make_unique<Coordinator>(
        options.coordinator, std::move(state), absl::Now());
    server->loop_ = std::make_unique<CoreLoop>(
        std::move(ledger), std::move(coordinator), absl::Now,
        std::move(options.on_fatal), std::move(event_log),
        MakeRestart(options.coordinator));
  }
  ASSIGN_OR_RETURN(server->reader_, LedgerReader::Open(options.db_path));
  if (!options.read_only) {
    if (const int left = server->reader_->RemoveBackupLeftovers(); left > 0) {
      Log(LogLevel::kInfo,
          absl::StrCat("removed ", left, " unfinished copies of the ledger"));
    }
  }
  if (options.retention.limited() && !options.read_only) {
    ASSIGN_OR_RETURN(const std::vector<v1::Sweep> ended,
                     server->reader_->ListEnded(absl::InfiniteFuture()));
    Log(LogLevel::kInfo, options.retention.Describe(ended, absl::Now()));
    server->retention_ = options.retention;
    server->next_deletion_ = absl::Now() + kFirstDeletion;
  }
  server->callers_ = std::make_unique<Callers>(server->gatekeeper_);
  server->StartThreads();
  RETURN_IF_ERROR(server->Listen(options.listen));
  server->StartWatch();
  return server;
}

void Server::StartThreads() {
  read_pool_ = MakePool(kReadThreads, kReadsPerName, kWaitingReads);
  change_pool_ = MakePool(kChangeThreads, kChangesPerName, kWaitingChanges);
  query_pool_ = MakePool(kQueryThreads, kQueriesPerName, kWaitingQueries,
                         kCourtesyOfReaders);
  audit_pool_ =
      MakePool(kLongThreads, kLongPerName, kWaitingLong, kCourtesyOfReaders);
  // There is a place for every download, each of which reads one piece at a
  // time; and for every checkpoint that is put aside or fetched.
  download_pool_ = std::make_unique<ReadPool>(
      ReadPool::Options{.threads = kReadThreads,
                        .waiting = kMaxDownloads,
                        .threads_per_name = kReadsPerName,
                        .waiting_per_name = kMaxDownloads});
  checkpoint_pool_ = std::make_unique<ReadPool>(
      ReadPool::Options{.threads = kReadThreads,
                        .waiting = kMaxDownloads + kMaxCheckpoints,
                        .threads_per_name = kReadsPerName,
                        .waiting_per_name = kMaxDownloads + kMaxCheckpoints});
  uploads_ = std::make_unique<Transfers>(
      Transfers::Limits{kMaxUploads, kMaxUploadsPerName}, absl::Now);
  downloads_ = std::make_unique<Transfers>(
      Transfers::Limits{kMaxDownloads, kMaxDownloadsPerName}, absl::Now);
  checkpoint_uploads_ = std::make_unique<Transfers>(
      Transfers::Limits{kMaxCheckpoints, kMaxCheckpointsPerName}, absl::Now);
}

void Server::StartWatch() {
  watch_ = std::thread([this] {
    while (!stopping_.WaitForNotificationWithTimeout(kLookPeriod)) {
      if (external_scaler_ != nullptr) external_scaler_->UpdateStreams();
      RemindOfExpiry();
      uploads_->EndSlow();
      downloads_->EndSlow();
      checkpoint_uploads_->EndSlow();
      if (retention_.limited()) DeleteOld();
      if (checkpoint_files_ == nullptr) continue;
      checkpoint_files_->RemoveUnneeded(absl::Now() -
                                        absl::Seconds(kUnclaimedSeconds));
    }
  });
}

void Server::DeleteOld() {
  const absl::Time now = absl::Now();
  // A clock that was set back must not delay the next look for long.
  next_deletion_ = std::min(next_deletion_, now + kFirstDeletion);
  if (now < next_deletion_) return;
  next_deletion_ = now + kDeletionPeriod;
  const auto deleted = DeleteEnded(
      now - retention_.keep,
      [this](const v1::Sweep& sweep) {
        return retention_.Always(sweep.spec().name());
      },
      kMostDeletions);
  if (deleted.ok()) return;
  Log(LogLevel::kWarning,
      absl::StrCat("cannot delete old sweeps: ", deleted.status().message()));
}

void Server::RemindOfExpiry() {
  if (tls_keys_ == nullptr) return;
  for (const std::string& text : tls_keys_->Reminders(absl::Now())) {
    Log(LogLevel::kWarning, text);
  }
}

void Server::WriteTelemetry(TelemetryWriter& writer) const {
  using Name = TelemetryName;
  for (const CallCounts::Count& count : call_counts_.All()) {
    writer.Add(Name::kCalls, static_cast<double>(count.calls),
               {count.method, count.code});
  }
  int64_t overloaded = 0;
  const auto add_pool = [&](const ReadPool& pool, const char* name) {
    const ReadPool::Load load = pool.load();
    writer.Add(Name::kPoolRunning, static_cast<double>(load.running), {name});
    writer.Add(Name::kPoolWaiting, static_cast<double>(load.waiting), {name});
    overloaded += load.refused;
  };
  add_pool(*read_pool_, "reads");
  add_pool(*change_pool_, "changes");
  add_pool(*query_pool_, "queries");
  add_pool(*audit_pool_, "audits");
  add_pool(*download_pool_, "downloads");
  add_pool(*checkpoint_pool_, "checkpoints");
  writer.Add(Name::kRefusals, static_cast<double>(overloaded), {"overloaded"});
  const auto add_transfers = [&](const Transfers& transfers, const char* what) {
    const Transfers::Load load = transfers.load();
    writer.Add(Name::kTransfers, static_cast<double>(load.open), {what});
    writer.Add(Name::kTransferBytes, static_cast<double>(load.bytes), {what});
  };
  add_transfers(*uploads_, "dataset_uploads");
  add_transfers(*downloads_, "downloads");
  add_transfers(*checkpoint_uploads_, "checkpoint_uploads");
  if (tls_keys_ != nullptr) {
    const auto add_end = [&](absl::Time end, const char* what) {
      writer.Add(Name::kCertificateEnd,
                 static_cast<double>(absl::ToUnixSeconds(end)), {what});
    };
    const std::shared_ptr<const TlsKeys::Material> tls = tls_keys_->material();
    add_end(tls->pair_end, "certificate");
    if (!tls->client_ca.empty()) add_end(tls->client_ca_end, "client_ca");
  }
  if (gatekeeper_ == nullptr) return;
  const Gatekeeper::Refusals refusals = gatekeeper_->refusals();
  writer.Add(Name::kRefusals, static_cast<double>(refusals.unauthenticated),
             {"unauthenticated"});
  writer.Add(Name::kRefusals, static_cast<double>(refusals.denied), {"denied"});
  writer.Add(Name::kRefusals, static_cast<double>(refusals.too_many),
             {"too_many"});
}

absl::Status Server::Listen(const std::string& address) {
  sweep_service_ = std::make_unique<SweepService>(
      loop_.get(), reader_.get(),
      SweepService::Pools{.reads = read_pool_.get(),
                          .changes = change_pool_.get(),
                          .queries = query_pool_.get(),
                          .audits = audit_pool_.get()},
      uploads_.get(), callers_.get(),
      [this](TelemetryWriter& writer) { WriteTelemetry(writer); });
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.RegisterService(sweep_service_.get());
  if (loop_ != nullptr) {
    worker_service_ = std::make_unique<WorkerService>(
        loop_.get(), reader_.get(), read_pool_.get(), download_pool_.get(),
        downloads_.get(), callers_.get(),
        CheckpointParts{.loop = loop_.get(),
                        .reader = reader_.get(),
                        .files = checkpoint_files_.get(),
                        .pool = checkpoint_pool_.get(),
                        .uploads = checkpoint_uploads_.get(),
                        .downloads = downloads_.get(),
                        .callers = callers_.get()});
    builder.RegisterService(worker_service_.get());
    scaling_view_ = std::make_unique<LiveView>(loop_.get(), absl::Now);
    scaling_service_ = std::make_unique<ScalingService>(
        scaling_view_.get(), read_pool_.get(), callers_.get());
    builder.RegisterService(scaling_service_.get());
    external_scaler_ = std::make_unique<ExternalScaler>(
        scaling_view_.get(), read_pool_.get(), callers_.get());
    builder.RegisterService(external_scaler_.get());
  }
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.experimental().SetInterceptorCreators(
      CallCounts::Interceptors(&call_counts_));
  // Idle workers ping every 30 s (see worker/session), which gRPC by default
  // treats as abuse.
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Connections that are too slow, dead or idle are closed.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreams);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMs);
  std::unique_ptr<Acceptor::Receiver> receiver;
  if (!address.empty()) {
    ASSIGN_OR_RETURN(acceptor_, Acceptor::Listen(address));
    port_ = acceptor_->port();
    receiver = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        MakeServerCredentials(tls_keys_, gatekeeper_));
  }
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address));
  }
  if (acceptor_ != nullptr) acceptor_->Start(std::move(receiver));
  return absl::OkStatus();
}

void Server::StopGranting() {
  loop_->Post(
      [](Coordinator& coordinator, absl::Time) { coordinator.StopGranting(); },
      nullptr);
}

int64_t Server::OpenLeases() {
  int64_t open = 0;
  absl::Notification done;
  loop_->Post([&open](Coordinator& coordinator,
                      absl::Time) { open = coordinator.open_leases(); },
              [&done](const absl::Status&) { done.Notify(); });
  done.WaitForNotification();
  return open;
}

std::shared_ptr<grpc::Channel> Server::InProcessChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  return grpc_->InProcessChannel(arguments);
}

absl::Status Server::ReloadTokens() {
  ASSIGN_OR_RETURN(std::vector<TokenEntry> tokens, ReadTokens(security_));
  if (!gatekeeper_->SetTokens(std::move(tokens))) return absl::OkStatus();
  callers_->EndRevoked();
  if (loop_ != nullptr) {
    loop_->CloseStreams(absl::UnavailableError("the tokens were read again"));
  }
  return absl::OkStatus();
}

absl::Status Server::ReloadTls() { return tls_keys_->Reload(); }

std::string Server::DescribeSecurity() const {
  return server::DescribeSecurity(
      security_, gatekeeper_ == nullptr ? 0 : gatekeeper_->token_count());
}

Server::~Server() {
  acceptor_.reset();
  if (loop_ != nullptr) {
    loop_->CloseStreams(absl::UnavailableError("the coordinator is stopping"));
  }
  if (external_scaler_ != nullptr) {
    external_scaler_->EndStreams(
        absl::UnavailableError("the coordinator is stopping"));
  }
  if (grpc_ != nullptr) {
    grpc_->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
    grpc_->Wait();
  }
  if (watch_.joinable()) {
    stopping_.Notify();
    watch_.join();
  }
  // The pools end before the loop, as their tasks may wait for the loop.
  for (auto* pool : {&read_pool_, &change_pool_, &query_pool_, &audit_pool_,
                     &download_pool_, &checkpoint_pool_}) {
    pool->reset();
  }
  loop_.reset();
}

}  // namespace fathom::server
