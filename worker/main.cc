// fathom-worker, the program that trains trials for a coordinator.
#include <unistd.h>

#include <algorithm>
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
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "proto/shared/checkpoint_option.h"
#include "proto/shared/completion.h"
#include "proto/shared/credentials.h"
#include "proto/shared/log_option.h"
#include "proto/shared/manual.h"
#include "proto/shared/number_between.h"
#include "proto/shared/standard_streams.h"
#include "proto/shared/status.h"
#include "proto/shared/usage_errors.h"
#include "proto/shared/version.h"
#include "proto/sweep/printable.h"
#include "worker/bench/peak.h"
#include "worker/engine/read_isa.h"
#include "worker/kernel/isa.h"
#include "worker/mirror/mirror.h"
#include "worker/run_worker.h"
#include "worker/session/job.h"
#include "worker/session/steady.h"
#include "worker/session/worker.h"

namespace fathom::worker {
namespace {

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

// What the arguments say, which is checked and goes into `options` afterwards.
struct Flags {
  Worker::Options options;
  ClientCredentials credentials;
  std::string server = "127.0.0.1:7373";
  int64_t cache_mb = 0;
  std::vector<std::string> mirrors;
  MirrorOptions mirror_options;
  double connect_timeout = 30;  // Seconds, as the next one.
  double grace = 3;
  int64_t spool_mb = 1024;
  std::string checkpoint_every = kCheckpointEvery;
  std::string deadline;
  std::string idle_timeout = "never";
  std::string isa;
};

Flags DefaultFlags() {
  Flags flags;
  Worker::Options& options = flags.options;
  options.host = HostName();
  options.name = absl::StrCat(options.host.empty() ? "worker" : options.host,
                              "-", getpid());
  options.slots =
      std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  options.datasets.cache_dir = DefaultCacheDir();
  options.measure_peak = [] { return bench::BestPeak(kernel::ActiveIsa()); };
  std::error_code ignored;
  options.spool_dir = std::filesystem::temp_directory_path(ignored).string();
  flags.cache_mb = options.datasets.cache_bytes >> 20;
  return flags;
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

// Defaults that a machine decides are told in words, as manuals go elsewhere.
void AddIdentityOptions(CLI::App& app, Flags& flags) {
  app.add_option("--server", flags.server, "HOST:PORT of the coordinator")
      ->envname("FATHOM_SERVER")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  app.add_option("--slots", flags.options.slots, "Compute threads")
      ->default_str("one per core")
      ->check(CLI::Range(1, 1024));
  app.add_option("--name", flags.options.name, "Name shown by `fathom workers`")
      ->default_str("HOST-PID")
      ->type_name("NAME");
}

void AddDatasetOptions(CLI::App& app, Flags& flags) {
  app.add_option("--cache", flags.options.datasets.cache_dir,
                 "Folder for datasets that were fetched, which the workers of "
                 "a machine share; empty for none")
      ->default_str("fathom/datasets of $XDG_CACHE_HOME or ~/.cache")
      ->type_name("DIR");
  app.add_option("--cache-mb", flags.cache_mb,
                 "Most megabytes there, besides the dataset used last; those "
                 "used longest ago go first")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 30));
  app.add_option("--dataset-mirror", flags.mirrors,
                 "Where datasets are looked for before the coordinator is "
                 "asked: https://HOST/PATH, file:///PATH or a folder, in which "
                 "a dataset has the name of its digest. May be repeated; they "
                 "are tried in this order")
      ->allow_extra_args(false)
      ->type_name("URL|DIR");
  app.add_option("--dataset-mirror-ca", flags.mirror_options.ca,
                 "Authority that certificates of https mirrors are from, PEM "
                 "(default: those of the system)")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
}

void AddWaitOptions(CLI::App& app, Flags& flags) {
  app.add_option("--connect-timeout", flags.connect_timeout,
                 "Seconds to wait for the coordinator at first")
      ->capture_default_str()
      ->check(NumberBetween(0, 1e9));
  app.add_option("--spool", flags.options.spool_dir,
                 "Folder for results while the coordinator is away and memory "
                 "for them is full")
      ->default_str("$TMPDIR or /tmp")
      ->type_name("DIR");
  app.add_option("--spool-mb", flags.spool_mb,
                 "Most megabytes there; when it is full, training waits")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 20));
  app.add_option("--grace", flags.grace,
                 "Seconds to finish what it holds when it is told to stop, "
                 "before it writes the rest down and hands it back")
      ->capture_default_str()
      ->check(NumberBetween(0, 86400));
  AddCheckpointOption(
      app, flags.checkpoint_every,
      "How long trials train between two checkpoints, from which they go on "
      "when this worker is lost: a time such as 60s or 5m, or never. A worker "
      "that stops makes one first");
}

void AddEndOptions(CLI::App& app, Flags& flags) {
  app.add_option("--deadline", flags.deadline,
                 "When the job that it runs in ends: +90m from now, "
                 "2026-11-30T18:00:00, or the seconds since 1970. It is given "
                 "nothing that it could not finish, and stops in time "
                 "(default: $SLURM_JOB_END_TIME, where Slurm sets it)")
      ->type_name("TIME");
  app.add_option("--idle-timeout", flags.idle_timeout,
                 "Stops when it has had nothing to do for this long: 5m, say, "
                 "or never")
      ->capture_default_str()
      ->type_name("TIME");
  app.add_option("--job", flags.options.job.id,
                 "Job of a batch system that it runs in, for those who start "
                 "workers (default: slurm:ID in a job of Slurm)")
      ->envname("FATHOM_JOB")
      ->type_name("NAME");
  app.add_option("--isa", flags.isa,
                 "Instruction set to train with: portable, avx2 or avx512; on "
                 "arm64 portable or neon (default: the best that this machine "
                 "has); the results are the same")
      ->type_name("NAME");
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

// Checks the flags that the parser does not, and puts what they say into the
// options.
absl::Status ReadFlags(Flags& flags, Leaving& leaving) {
  Worker::Options& options = flags.options;
  if (!flags.isa.empty()) {
    const auto isa = ReadIsa(flags.isa);
    if (!isa.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--isa: ", isa.status().message()));
    }
    kernel::ForceIsa(*isa);
  }
  RETURN_IF_ERROR(ReadLeaving(flags.deadline, flags.idle_timeout,
                              absl::Seconds(flags.grace), options, leaving));
  for (const std::string& name : flags.mirrors) {
    auto mirror = ReadMirror(name, flags.mirror_options);
    if (!mirror.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--dataset-mirror: ", mirror.status().message()));
    }
    options.datasets.mirrors.push_back(*std::move(mirror));
  }
  options.datasets.cache_bytes = flags.cache_mb << 20;
  options.connect_timeout = absl::Seconds(flags.connect_timeout);
  options.spool_bytes = flags.spool_mb << 20;
  options.checkpoints.every = *ReadInterval(flags.checkpoint_every);
  return absl::OkStatus();
}

// Parses the arguments. Returns the exit code when there is nothing more to do.
std::optional<int> Parse(CLI::App& app, int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (const auto written =
          WriteManualIfAsked(app, arguments, FATHOM_VERSION, std::cerr)) {
    return *written;
  }
  const auto no_values = [](auto, auto) { return std::vector<Candidate>(); };
  if (CompleteIfAsked(app, arguments, no_values, std::cout)) return 0;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    std::cerr << UnexpectedArgument(app) << "\n";
    return kBadUsage;
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const bool asked_for = app.exit(error, std::cout, text) == 0;
    std::cerr << PrintableLines(text.str());
    return asked_for ? 0 : kBadUsage;
  }
  return std::nullopt;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "fathom-worker: trains the trials that a coordinator leases to it. Start "
      "and stop as many as you like; nothing is lost.\n\nExample: "
      "fathom-worker --server 127.0.0.1:7373 --slots 4",
      "fathom-worker");
  app.footer(
      "Exit codes: 0 stopped by a signal, everything handed over; 1 refused or "
      "failed, 2 bad usage, 3 no coordinator answered, 4 the coordinator "
      "speaks another protocol version, 5 TLS or token do not let it in.");
  Flags flags = DefaultFlags();
  AddCredentialOptions(app, flags.credentials);
  AddIdentityOptions(app, flags);
  AddDatasetOptions(app, flags);
  AddWaitOptions(app, flags);
  AddEndOptions(app, flags);
  AddLogFormatOption(app);
  app.set_version_flag("--version", "fathom-worker " + FullVersion());
  if (const std::optional<int> code = Parse(app, argc, argv)) return *code;
  Leaving leaving;
  if (const absl::Status status = ReadFlags(flags, leaving); !status.ok()) {
    std::cerr << PrintableLines(status.message()) << "\n";
    return kBadUsage;
  }
  return RunWorker(flags.server, flags.credentials, absl::Seconds(flags.grace),
                   leaving, std::move(flags.options));
}

}  // namespace
}  // namespace fathom::worker

int main(int argc, char** argv) {
  fathom::ReserveStandardStreams();
  // Writing to a connection that the other side has closed is an error of that
  // connection, and must not end the process.
  std::signal(SIGPIPE, SIG_IGN);
  return fathom::worker::Main(argc, argv);
}
