// fathom-worker, the program that trains trials for a coordinator.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "proto/shared/checkpoint_option.h"
#include "proto/shared/completion.h"
#include "proto/shared/credentials.h"
#include "proto/shared/log.h"
#include "proto/shared/log_option.h"
#include "proto/shared/manual.h"
#include "proto/shared/number_between.h"
#include "proto/shared/protocol.h"
#include "proto/shared/server_address.h"
#include "proto/shared/standard_streams.h"
#include "proto/shared/usage_errors.h"
#include "proto/shared/version.h"
#include "proto/sweep/printable.h"
#include "worker/bench/peak.h"
#include "worker/engine/engines.h"
#include "worker/engine/read_isa.h"
#include "worker/kernel/isa.h"
#include "worker/mirror/mirror.h"
#include "worker/session/job.h"
#include "worker/session/steady.h"
#include "worker/session/worker.h"

namespace fathom::worker {
namespace {

// The exit codes, which --help explains.
constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kUnreachable = 3;
constexpr int kRefused = 4;
constexpr int kNotAllowed = 5;

std::string HostName() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  return name;
}

std::string DefaultCacheDir() {
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg && *xdg) {
    return absl::StrCat(xdg, "/fathom/datasets");
  }
  if (const char* home = std::getenv("HOME"); home && *home) {
    return absl::StrCat(home, "/.cache/fathom/datasets");
  }
  return "";
}

// How long to look for the reason why there is no connection.
constexpr absl::Duration kProbeTimeout = absl::Seconds(2);

std::shared_ptr<grpc::Channel> Connect(
    const std::string& server,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // As with clients, a proxy for the web would only hide the coordinator.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The backoff of the session decides when to try again.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  return grpc::CreateCustomChannel(server, credentials, arguments);
}

// How long a slot that was told to stop may go on with its step after the rest
// of the worker has ended.
constexpr absl::Duration kLongestStep = absl::Seconds(2);

// Logs why the session ended, and returns the exit code.
int Explain(const absl::Status& status, bool stopping,
            const std::string& server, const ClientCredentials& credentials) {
  if (status.ok()) return 0;
  if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
    Log(LogLevel::kError, status.message());
    return kNotAllowed;
  }
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status) &&
      !stopping) {
    Log(LogLevel::kError, status.message());
    return absl::IsFailedPrecondition(status) ? kRefused : kFailed;
  }
  if (const absl::Status known = CheckServerHost(server); !known.ok()) {
    Log(LogLevel::kError, known.message());
    return kUnreachable;
  }
  if (const std::string reason =
          DiagnoseConnection(server, credentials, kProbeTimeout);
      !reason.empty()) {
    Log(LogLevel::kError, reason);
    return kNotAllowed;
  }
  Log(LogLevel::kError,
      stopping
          ? absl::StrCat("stopped without reaching the coordinator at ", server,
                         ": what it has not acknowledged will be trained again")
          : absl::StrCat("no coordinator answers at ", server, " (",
                         status.message(),
                         "); is fathom-server running there?"));
  return kUnreachable;
}

// When a worker stops by itself.
struct Leaving {
  absl::Duration idle = absl::InfiniteDuration();  // Holding nothing.
  SteadyTime at = kSteadyNever;
};

// How often the worker looks whether it is time to leave.
constexpr absl::Duration kLookPeriod = absl::Milliseconds(200);

// Waits for one of `signals`, or until the worker is to leave by itself.
// Returns why it is to stop.
std::string WaitForTheEnd(const sigset_t& signals, const Worker& worker,
                          const Leaving& leaving) {
  const bool may_leave =
      leaving.idle < absl::InfiniteDuration() || leaving.at != kSteadyNever;
  const timespec period = absl::ToTimespec(kLookPeriod);
  for (;;) {
    int signal = 0;
    if (!may_leave) {
      sigwait(&signals, &signal);
      return "stopping";
    }
    if (sigtimedwait(&signals, nullptr, &period) > 0) return "stopping";
    if (SteadyNow() >= leaving.at) return "the end of the job is near";
    if (worker.idle() >= leaving.idle) {
      return absl::StrCat("nothing to do for ",
                          absl::FormatDuration(leaving.idle));
    }
  }
}

int Work(const std::string& server, const ClientCredentials& credentials,
         absl::Duration grace, const Leaving& leaving,
         Worker::Options options) {
  // The signals are blocked before any thread starts, so that only the thread
  // below receives them. Batch systems send SIGUSR1 or SIGUSR2 ahead of the end
  // of a job's time.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGINT, SIGTERM, SIGUSR1, SIGUSR2}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  if (const absl::Status status = CheckServerAddress(server); !status.ok()) {
    Log(LogLevel::kError, absl::StrCat("--server: ", status.message()));
    return kBadUsage;
  }
  const auto channel_credentials = MakeChannelCredentials(server, credentials);
  if (!channel_credentials.ok()) {
    Log(LogLevel::kError, channel_credentials.status().message());
    return kBadUsage;
  }
  Log(LogLevel::kInfo,
      absl::StrCat("fathom-worker ", FATHOM_VERSION, " ", options.name, ", ",
                   options.slots, options.slots == 1 ? " slot, " : " slots, ",
                   absl::StrJoin(NumericsOf(options.engines), " and "),
                   " with ", kernel::IsaName(kernel::ActiveIsa()),
                   ", coordinator ", server));
  // Only a warning, because the name may become known while the worker tries.
  if (const absl::Status known = CheckServerHost(server); !known.ok()) {
    Log(LogLevel::kWarning, known.message());
  }
  const absl::Duration hand_over = options.stop_grace;
  Worker worker(Connect(server, *channel_credentials), std::move(options));
  std::atomic<bool> ended = false;
  std::atomic<bool> stopping = false;
  std::thread stopper([&] {
    const std::string why = WaitForTheEnd(signals, worker, leaving);
    if (ended) return;
    stopping = true;
    Log(LogLevel::kInfo, absl::StrCat(why, ": finishing what it holds"));
    worker.Drain();
    const timespec wait = absl::ToTimespec(grace);
    sigtimedwait(&signals, nullptr, &wait);
    if (ended) return;
    Log(LogLevel::kInfo, "handing back what is not finished");
    worker.Stop();
    const timespec rest = absl::ToTimespec(hand_over + kLongestStep);
    const int signal = sigtimedwait(&signals, nullptr, &rest);
    if (ended) return;
    if (signal > 0) _exit(128 + signal);  // Asked to stop once more.
    // The coordinator knows that this worker leaves, and gives out again the
    // trials whose results it does not receive. Those who stop workers do not
    // wait for long.
    Log(LogLevel::kError,
        "a slot is still in the middle of one long step; ending without it");
    _exit(kFailed);
  });
  const absl::Status status = worker.Run();
  ended = true;
  pthread_kill(stopper.native_handle(), SIGUSR1);
  stopper.join();
  return Explain(status, stopping, server, credentials);
}

// Sets when the worker leaves by itself, and what it says of its job, from the
// options and from what Slurm says.
absl::Status ReadLeaving(const std::string& deadline,
                         const std::string& idle_timeout, absl::Duration grace,
                         Worker::Options& options, Leaving& leaving) {
  const std::optional<absl::Duration> idle = ReadInterval(idle_timeout);
  if (!idle.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--idle-timeout: found ", Excerpt(idle_timeout),
                     ", expected a time such as 5m, or never"));
  }
  leaving.idle = *idle;
  Job job = JobOfEnvironment([](const char* name) { return getenv(name); });
  if (!options.job.id.empty()) job.id = options.job.id;
  const absl::Time now = absl::Now();
  if (!deadline.empty()) {
    const auto end = ReadDeadline(deadline, now, absl::LocalTimeZone());
    if (!end.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--deadline: ", end.status().message()));
    }
    job.end = *end;
  }
  options.job = job;
  if (job.end == absl::InfiniteFuture()) return absl::OkStatus();
  // What is finished in the grace is handed over after it.
  const absl::Duration left = job.end - now;
  const absl::Duration needed =
      grace + options.stop_grace + Stagger(job.id, left);
  if (left <= needed) {
    return absl::InvalidArgumentError(
        absl::StrCat("the job ends in ",
                     absl::FormatDuration(absl::Trunc(left, absl::Seconds(1))),
                     ", and stopping takes up to ",
                     absl::FormatDuration(absl::Ceil(needed, absl::Seconds(1))),
                     ": expected more time, or a shorter --grace"));
  }
  leaving.at = SteadyIn(left - needed);
  options.ends = leaving.at;
  return absl::OkStatus();
}

void AddCredentialOptions(CLI::App& app, ClientCredentials& credentials) {
  app.add_option("--tls-ca", credentials.ca,
                 "Authority that the coordinator's certificate is from, PEM; "
                 "turns TLS on")
      ->envname("FATHOM_TLS_CA")
      ->type_name("FILE");
  app.add_option("--tls-cert", credentials.cert,
                 "Certificate to show to the coordinator, PEM")
      ->envname("FATHOM_TLS_CERT")
      ->type_name("FILE");
  app.add_option("--tls-key", credentials.key, "Its private key, PEM")
      ->envname("FATHOM_TLS_KEY")
      ->type_name("FILE");
  app.add_option("--token-file", credentials.token_file,
                 "File with the token to show to the coordinator")
      ->envname("FATHOM_TOKEN_FILE")
      ->type_name("FILE");
}

}  // namespace
}  // namespace fathom::worker

int main(int argc, char** argv) {
  fathom::ReserveStandardStreams();
  // Writing to a connection that the other side has closed is an error of that
  // connection, and must not end the process.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app(
      "fathom-worker: trains the trials that a coordinator leases to it. Start "
      "and stop as many as you like; nothing is lost.\n\nExample: "
      "fathom-worker --server 127.0.0.1:7373 --slots 4",
      "fathom-worker");
  app.footer(
      "Exit codes: 0 stopped by a signal, everything handed over; 1 refused or "
      "failed, 2 bad usage, 3 no coordinator answered, 4 the coordinator "
      "speaks another protocol version, 5 TLS or token do not let it in.");
  std::string server = "127.0.0.1:7373";
  fathom::worker::Worker::Options options;
  options.host = fathom::worker::HostName();
  options.name = absl::StrCat(options.host.empty() ? "worker" : options.host,
                              "-", getpid());
  options.slots =
      std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  options.datasets.cache_dir = fathom::worker::DefaultCacheDir();
  options.measure_peak = [] {
    return fathom::worker::bench::BestPeak(fathom::worker::kernel::ActiveIsa());
  };
  fathom::ClientCredentials credentials;
  fathom::worker::AddCredentialOptions(app, credentials);
  double connect_timeout = 30;
  int64_t spool_mb = 1024;
  int64_t cache_mb = options.datasets.cache_bytes >> 20;
  std::vector<std::string> mirrors;
  fathom::worker::MirrorOptions mirror_options;
  std::error_code ignored;
  options.spool_dir = std::filesystem::temp_directory_path(ignored).string();
  app.add_option("--server", server, "HOST:PORT of the coordinator")
      ->envname("FATHOM_SERVER")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  // Defaults that a machine decides are told in words, as manuals go elsewhere.
  app.add_option("--slots", options.slots, "Compute threads")
      ->default_str("one per core")
      ->check(CLI::Range(1, 1024));
  app.add_option("--name", options.name, "Name shown by `fathom workers`")
      ->default_str("HOST-PID")
      ->type_name("NAME");
  app.add_option("--cache", options.datasets.cache_dir,
                 "Folder for datasets that were fetched, which the workers of "
                 "a machine share; empty for none")
      ->default_str("fathom/datasets of $XDG_CACHE_HOME or ~/.cache")
      ->type_name("DIR");
  app.add_option("--cache-mb", cache_mb,
                 "Most megabytes there, besides the dataset used last; those "
                 "used longest ago go first")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 30));
  app.add_option("--dataset-mirror", mirrors,
                 "Where datasets are looked for before the coordinator is "
                 "asked: https://HOST/PATH, file:///PATH or a folder, in which "
                 "a dataset has the name of its digest. May be repeated; they "
                 "are tried in this order")
      ->allow_extra_args(false)
      ->type_name("URL|DIR");
  app.add_option("--dataset-mirror-ca", mirror_options.ca,
                 "Authority that certificates of https mirrors are from, PEM "
                 "(default: those of the system)")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  app.add_option("--connect-timeout", connect_timeout,
                 "Seconds to wait for the coordinator at first")
      ->capture_default_str()
      ->check(fathom::NumberBetween(0, 1e9));
  app.add_option("--spool", options.spool_dir,
                 "Folder for results while the coordinator is away and memory "
                 "for them is full")
      ->default_str("$TMPDIR or /tmp")
      ->type_name("DIR");
  app.add_option("--spool-mb", spool_mb,
                 "Most megabytes there; when it is full, training waits")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 20));
  double grace = 3;
  app.add_option("--grace", grace,
                 "Seconds to finish what it holds when it is told to stop, "
                 "before it writes the rest down and hands it back")
      ->capture_default_str()
      ->check(fathom::NumberBetween(0, 86400));
  std::string checkpoint_every = fathom::kCheckpointEvery;
  fathom::AddCheckpointOption(
      app, checkpoint_every,
      "How long trials train between two checkpoints, from which they go on "
      "when this worker is lost: a time such as 60s or 5m, or never. A worker "
      "that stops makes one first");
  std::string deadline, idle_timeout = "never";
  app.add_option("--deadline", deadline,
                 "When the job that it runs in ends: +90m from now, "
                 "2026-11-30T18:00:00, or the seconds since 1970. It is given "
                 "nothing that it could not finish, and stops in time "
                 "(default: $SLURM_JOB_END_TIME, where Slurm sets it)")
      ->type_name("TIME");
  app.add_option("--idle-timeout", idle_timeout,
                 "Stops when it has had nothing to do for this long: 5m, say, "
                 "or never")
      ->capture_default_str()
      ->type_name("TIME");
  app.add_option("--job", options.job.id,
                 "Job of a batch system that it runs in, for those who start "
                 "workers (default: slurm:ID in a job of Slurm)")
      ->envname("FATHOM_JOB")
      ->type_name("NAME");
  std::string isa;
  app.add_option("--isa", isa,
                 "Instruction set to train with: portable, avx2 or avx512 "
                 "(default: the best that this machine has); the results are "
                 "the same")
      ->type_name("NAME");
  fathom::AddLogFormatOption(app);
  app.set_version_flag("--version", "fathom-worker " + fathom::FullVersion());
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
    return fathom::worker::kBadUsage;
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const bool asked_for = app.exit(error, std::cout, text) == 0;
    std::cerr << fathom::PrintableLines(text.str());
    return asked_for ? 0 : fathom::worker::kBadUsage;
  }
  if (!isa.empty()) {
    const auto chosen = fathom::worker::ReadIsa(isa);
    if (!chosen.ok()) {
      std::cerr << "--isa: "
                << fathom::PrintableLines(chosen.status().message()) << "\n";
      return fathom::worker::kBadUsage;
    }
    fathom::worker::kernel::ForceIsa(*chosen);
  }
  fathom::worker::Leaving leaving;
  if (const absl::Status status = fathom::worker::ReadLeaving(
          deadline, idle_timeout, absl::Seconds(grace), options, leaving);
      !status.ok()) {
    std::cerr << fathom::PrintableLines(status.message()) << "\n";
    return fathom::worker::kBadUsage;
  }
  for (const std::string& name : mirrors) {
    auto mirror = fathom::worker::ReadMirror(name, mirror_options);
    if (!mirror.ok()) {
      std::cerr << "--dataset-mirror: "
                << fathom::PrintableLines(mirror.status().message()) << "\n";
      return fathom::worker::kBadUsage;
    }
    options.datasets.mirrors.push_back(*std::move(mirror));
  }
  options.datasets.cache_bytes = cache_mb << 20;
  options.connect_timeout = absl::Seconds(connect_timeout);
  options.spool_bytes = spool_mb << 20;
  options.checkpoints.every = *fathom::ReadInterval(checkpoint_every);
  return fathom::worker::Work(server, credentials, absl::Seconds(grace),
                              leaving, std::move(options));
}
