// The program fathom-server: a coordinator as a process of its own.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "proto/shared/completion.h"
#include "proto/shared/log.h"
#include "proto/shared/log_option.h"
#include "proto/shared/manual.h"
#include "proto/shared/number_between.h"
#include "proto/shared/standard_streams.h"
#include "proto/shared/usage_errors.h"
#include "proto/shared/version.h"
#include "proto/sweep/printable.h"
#include "server/server.h"
#include "server/store/queries/query_process.h"

namespace fathom::server {
namespace {

// The exit codes, which --help explains.
constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kLedgerFailed = 5;
constexpr int kBug = 6;
constexpr int kFileChanged = 7;

int ExitCodeOf(FatalKind kind) {
  switch (kind) {
    case FatalKind::kDisk:
      return kLedgerFailed;
    case FatalKind::kBug:
      return kBug;
    case FatalKind::kFile:
      return kFileChanged;
  }
  return kFailed;
}

// Reads tokens, certificates and keys again, each by itself: one that is wrong
// keeps nobody from taking back a token.
void Reload(Server& server) {
  if (!server.has_tokens() && !server.has_tls()) {
    Log(LogLevel::kWarning,
        "SIGHUP reads tokens, certificates and keys again, and there are none; "
        "they begin with a start of fathom-server with --tokens, --tls-cert");
    return;
  }
  bool all = true;
  const auto check = [&all](const absl::Status& status, const char* what) {
    all &= status.ok();
    if (!status.ok()) {
      Log(LogLevel::kError, absl::StrCat(what, ": ", status.message()));
    }
  };
  if (server.has_tokens()) {
    check(server.ReloadTokens(), "the tokens stay as they were");
  }
  if (server.has_tls()) {
    check(server.ReloadTls(), "certificate and key stay as they were");
  }
  if (all) {
    Log(LogLevel::kInfo,
        absl::StrCat("read again: ", server.DescribeSecurity()));
  }
}

void AddSecurityOptions(CLI::App& app, ServerSecurity& security) {
  app.add_option("--tls-cert", security.tls_cert,
                 "Certificate of this coordinator, PEM; turns TLS on; read "
                 "again on SIGHUP, with its key")
      ->type_name("FILE");
  app.add_option("--tls-key", security.tls_key, "Its private key, PEM")
      ->type_name("FILE");
  app.add_option("--tls-client-ca", security.tls_client_ca,
                 "Lets in only those who have a certificate from it, PEM")
      ->type_name("FILE");
  app.add_option("--tokens", security.token_file,
                 "Who may call: lines of `fathom token new`; read again on "
                 "SIGHUP")
      ->type_name("FILE");
  app.add_flag("--insecure-no-tls-no-tokens", security.insecure,
               "Listens beyond loopback although everyone who can reach the "
               "port can then read, submit and cancel everything");
}

// Raises the limit of file descriptors to what the system allows, as every
// connection takes one.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Lets workers finish the trials that they hold. Returns when all have
// finished, `grace` is over, or another of `signals` comes.
void Drain(Server& server, absl::Duration grace, const sigset_t& signals) {
  server.StopGranting();
  const absl::Time deadline = absl::Now() + grace;
  const timespec poll = absl::ToTimespec(absl::Milliseconds(50));
  while (absl::Now() < deadline && server.OpenLeases() > 0) {
    if (sigtimedwait(&signals, nullptr, &poll) > 0) return;
  }
}

int Serve(Server::Options options, absl::Duration grace) {
  // The signals are blocked before any thread starts, so that all threads
  // inherit the mask and only sigwait below sees the signals.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const pthread_t main_thread = pthread_self();
  // The exit code after a failure; 0 until then.
  auto failed = std::make_shared<std::atomic<int>>(0);
  options.on_fatal = [main_thread, failed](const absl::Status& status) {
    *failed = ExitCodeOf(FatalKindOf(status));
    pthread_kill(main_thread, SIGUSR1);
  };
  options.log_events = true;
  const std::string db_path = options.db_path;
  const std::string host = options.listen.substr(0, options.listen.rfind(':'));
  RaiseDescriptorLimit();
  auto server = Server::Start(std::move(options));
  if (!server.ok()) {
    Log(LogLevel::kError, server.status().message());
    return absl::IsDataLoss(server.status()) ? kFileChanged : kFailed;
  }
  Log(LogLevel::kInfo,
      absl::StrCat("fathom-server ", FATHOM_VERSION, " listening on ", host,
                   ":", (*server)->port(), ", ledger ", db_path, ", ",
                   (*server)->DescribeSecurity()));
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) Reload(**server);
  if (*failed == 0) {
    Log(LogLevel::kInfo, "stopping: workers finish what they hold");
    Drain(**server, grace, signals);
  }
  if (*failed == 0 && (*server)->OpenLeases() > 0) {
    Log(LogLevel::kInfo,
        "open leases stay with their workers, which come back when this "
        "coordinator does");
  }
  server->reset();
  return *failed;
}

}  // namespace
}  // namespace fathom::server

int main(int argc, char** argv) {
  const auto code = fathom::server::AnswerQueryIfAsked(argc, argv);
  if (code) return *code;
  fathom::ReserveStandardStreams();
  // Writing to a connection that the other side has closed must be an error of
  // that connection, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(
      "fathom-server: queues sweeps, leases their trials to workers and keeps "
      "the ledger.\n\nExample: fathom-server --db lab.db --listen "
      "127.0.0.1:7373",
      "fathom-server");
  app.footer(
      "Exit codes: 0 stopped by a signal, 1 could not start, 2 bad usage, 5 "
      "the ledger could not be written any more (say, a full disk; nothing "
      "acknowledged is lost, start it again), 6 a bug of fathom (the ledger is "
      "whole), 7 the ledger's file is none, damaged, or was moved, replaced or "
      "cut: "
      "look before you start again.");
  fathom::server::Server::Options options;
  app.add_option("--db", options.db_path,
                 "Ledger file (SQLite); created when missing")
      ->required()
      ->type_name("FILE");
  options.listen = "127.0.0.1:7373";
  app.add_option(
         "--listen", options.listen,
         "HOST:PORT to listen on, beyond loopback only with TLS and tokens; "
         "port 0 takes a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  fathom::server::AddSecurityOptions(app, options.security);
  double ttl_seconds = 30;
  double stall_seconds = 3600;
  app.add_option("--stall-limit", stall_seconds,
                 "Seconds after which a lease at the same step is given to "
                 "others, although its worker is alive")
      ->capture_default_str()
      ->check(fathom::NumberBetween(1, 1e7));
  app.add_option("--lease-ttl", ttl_seconds,
                 "Seconds after which a silent worker loses its leases")
      ->capture_default_str()
      ->check(fathom::NumberBetween(1, 86400));
  app.add_option(
         "--max-lost", options.coordinator.max_lost_attempts,
         "How many workers a trial may lose, each of which held nothing "
         "else, before it ends as failed")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000'000));
  double grace_seconds = 5;
  app.add_option("--grace", grace_seconds,
                 "Seconds that workers have to finish what they hold when this "
                 "coordinator is told to stop")
      ->capture_default_str()
      ->check(fathom::NumberBetween(0, 86400));
  app.add_option_function<std::string>(
         "--keep",
         [&options](const std::string& text) {
           const auto parsed = fathom::server::ParseKeep(text);
           if (!parsed.ok()) {
             throw CLI::ValidationError("--keep",
                                        std::string(parsed.status().message()));
           }
           options.retention.keep = *parsed;
         },
         "How long sweeps are kept that have ended, such as 90d or 36h; then "
         "this coordinator deletes them. Without it, for ever")
      ->type_name("TIME");
  app.add_option(
         "--keep-always", options.retention.always,
         "Pattern of the names of sweeps that --keep leaves alone, such "
         "as 'paper-*'; may be repeated")
      ->type_name("PATTERN")
      ->allow_extra_args(false)  // Each has its own --keep-always.
      ->needs("--keep");
  fathom::AddLogFormatOption(app);
  app.set_version_flag("--version", "fathom-server " + fathom::FullVersion());
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (const auto written = fathom::WriteManualIfAsked(
          app, arguments, FATHOM_VERSION, std::cerr)) {
    return *written;
  }
  const auto no_values = [](auto, auto) {
    return std::vector<fathom::Candidate>();
  };
  if (fathom::CompleteIfAsked(app, arguments, no_values, std::cout)) return 0;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    std::cerr << fathom::UnexpectedArgument(app) << "\n";
    return fathom::server::kBadUsage;
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const bool asked_for = app.exit(error, std::cout, text) == 0;
    std::cerr << fathom::PrintableLines(text.str());
    return asked_for ? 0 : fathom::server::kBadUsage;
  }
  options.coordinator.lease_ttl = absl::Seconds(ttl_seconds);
  options.coordinator.stall_limit = absl::Seconds(stall_seconds);
  options.coordinator.heartbeat_period =
      std::min(absl::Seconds(2), absl::Seconds(ttl_seconds) / 4);
  return fathom::server::Serve(std::move(options),
                               absl::Seconds(grace_seconds));
}
