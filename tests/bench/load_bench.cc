// Measures how much one coordinator bears: fathom-server runs as a process of
// its own, on a new ledger, against simulated workers over gRPC on loopback.
//
//   load_bench cycles   life-cycles of trials that take no time to train:
//                       lease, result, fsync, acknowledgement; with --points
//                       their curves, too
//   load_bench idle     connected workers that only send heartbeats
//   load_bench joins    workers that join a busy coordinator all at once, and
//                       die all at once with what they hold
//   load_bench herd     a coordinator that is killed and started again, and the
//                       workers that all come back to it
//
// Prints one line per round, or with --json one JSON object per line. See
// --help.
#include <sys/statfs.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/connection.h"
#include "proto/shared/status.h"
#include "tests/bench/load/case.h"

namespace fathom::bench {
namespace {

using test::ServerProcess;
using test::Usage;
using test::UsageOf;

absl::Status RunCycles(const Options& options) {
  ASSIGN_OR_RETURN(auto server,
                   ServerProcess::Start(options.server, options.folder));
  ASSIGN_OR_RETURN(auto client, client::ConnectToServer(server->address()));
  ASSIGN_OR_RETURN(auto fleet,
                   Fleet::Connect(server->address(), options.workers,
                                  Channels(options), options.plan));
  RETURN_IF_ERROR(CreateSweep(*client, options));
  std::unique_ptr<Pulse> pulse;
  if (options.plan.telemetry) {
    pulse = std::make_unique<Pulse>(fleet.get(), server->address(),
                                    options.scrape_seconds);
  }
  const Usage server_before = server->usage();
  const Usage fleet_before = UsageOf(0);
  const absl::Time start = absl::Now();
  fleet->Demand();
  RETURN_IF_ERROR(fleet->WaitForTrials(options.trials, kTimeout));
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const Usage server_after = server->usage();
  const Usage fleet_after = UsageOf(0);

  const auto trials = static_cast<double>(options.trials);
  const std::vector<float> latencies = fleet->TakeLatencies();
  std::vector<float> scrapes;
  if (pulse != nullptr) scrapes = pulse->Stop();
  Record record;
  record.Add("workers", int64_t{options.workers});
  record.Add("channels", int64_t{Channels(options)});
  record.Add("telemetry", int64_t{options.plan.telemetry});
  record.Add("slots", int64_t{options.plan.slots});
  record.Add("lease", int64_t{options.plan.lease});
  record.Add("trials", options.trials);
  record.Add("points_per_trial", options.plan.points);
  record.Add("metrics", int64_t{options.plan.metrics});
  record.Add("seconds", seconds);
  record.Add("trials_per_s", trials / seconds);
  record.Add("points_per_s",
             static_cast<double>(fleet->counts().points) / seconds);
  record.Add("reports", static_cast<int64_t>(latencies.size()));
  record.Add("ack_p50_ms", 1e3 * Quantile(latencies, 0.5));
  record.Add("ack_p99_ms", 1e3 * Quantile(latencies, 0.99));
  record.Add(
      "server_cpu_us_per_trial",
      1e6 * (server_after.cpu_seconds - server_before.cpu_seconds) / trials);
  record.Add(
      "fleet_cpu_us_per_trial",
      1e6 * (fleet_after.cpu_seconds - fleet_before.cpu_seconds) / trials);
  record.Add("server_mib", server_after.resident_bytes / kMiB);
  record.Add("server_peak_mib", server_after.peak_bytes / kMiB);
  record.Add("ledger_mib", server->LedgerBytes() / kMiB);
  record.Add("scrapes", static_cast<int64_t>(scrapes.size()));
  record.Add("scrape_max_ms", 1e3 * Quantile(scrapes, 1));
  record.Add("most_unacknowledged_mib",
             static_cast<double>(fleet->most_unacknowledged_bytes()) / kMiB);
  const int64_t points = fleet->counts().points;
  fleet.reset();
  if (options.audit) RETURN_IF_ERROR(Audit(*client, options, points));
  record.Add("audited", int64_t{options.audit});
  record.Print(options.json);
  return server->Stop();
}

absl::Status RunIdle(const Options& options) {
  ASSIGN_OR_RETURN(auto server,
                   ServerProcess::Start(options.server, options.folder));
  const absl::Time connecting = absl::Now();
  ASSIGN_OR_RETURN(auto fleet,
                   Fleet::Connect(server->address(), options.workers,
                                  Channels(options), options.plan));
  const double connect_seconds =
      absl::ToDoubleSeconds(absl::Now() - connecting);
  fleet->Demand();  // The demands stay open.
  const absl::Duration period = fleet->heartbeat_period();
  const auto beats = static_cast<int64_t>(
      std::ceil(options.seconds / absl::ToDoubleSeconds(period)));
  const Usage before = server->usage();
  const absl::Time start = absl::Now();
  for (int64_t beat = 1; beat <= beats; ++beat) {
    fleet->Heartbeat();
    absl::SleepFor(start + beat * period - absl::Now());
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const Usage after = server->usage();
  ASSIGN_OR_RETURN(auto client, client::ConnectToServer(server->address()));
  ASSIGN_OR_RETURN(const auto workers, client->ListWorkers());
  const auto connected = std::count_if(
      workers.begin(), workers.end(),
      [](const v1::Worker& worker) { return worker.connected(); });
  if (connected != options.workers) {
    return absl::InternalError(absl::StrCat("only ", connected, " of ",
                                            options.workers,
                                            " workers are still connected"));
  }
  Record record;
  record.Add("workers", int64_t{options.workers});
  record.Add("channels", int64_t{Channels(options)});
  record.Add("connect_seconds", connect_seconds);
  record.Add("seconds", seconds);
  record.Add("heartbeat_seconds", absl::ToDoubleSeconds(period));
  record.Add("server_mib", after.resident_bytes / kMiB);
  record.Add("server_peak_mib", after.peak_bytes / kMiB);
  record.Add("server_cores",
             (after.cpu_seconds - before.cpu_seconds) / seconds);
  fleet.reset();
  record.Print(options.json);
  return server->Stop();
}

int Report(const absl::Status& status) {
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", status.ToString().c_str());
  return 1;
}

absl::Status Repeat(const Options& options,
                    absl::Status (*run)(const Options&)) {
  constexpr int kTmpfs = 0x01021994;
  struct statfs system;
  if (statfs(options.folder.c_str(), &system) == 0 && system.f_type == kTmpfs) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.folder,
                     " is in memory, where fsync costs nothing; name a "
                     "folder on a disk with --folder"));
  }
  for (int round = 0; round < options.rounds; ++round) {
    RETURN_IF_ERROR(run(options));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace fathom::bench

int main(int argc, char** argv) {
  namespace bench = fathom::bench;
  bench::Options options;
  options.server = std::filesystem::path(argv[0]).parent_path().parent_path() /
                   "bin/fathom-server";
  CLI::App app("load_bench: how much one coordinator bears");
  app.add_option("--server", options.server, "fathom-server to start")
      ->capture_default_str();
  app.add_option("--folder", options.folder, "For the ledger; not in memory")
      ->capture_default_str();
  app.add_flag("--json", options.json, "One JSON object per round");
  app.add_option("--rounds", options.rounds, "Each with a server of its own");
  app.add_option("--workers", options.workers, "Simulated workers")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app.add_option("--channels", options.channels,
                 "Connections that carry them; 0: up to 16, and one per 500");
  app.add_option("--trials", options.trials, "Of the sweep, in hundreds")
      ->capture_default_str();
  app.add_option("--slots", options.plan.slots, "Of each worker")
      ->capture_default_str();
  app.add_option("--lease", options.plan.lease, "Trials asked for at a time")
      ->capture_default_str();
  app.add_option("--work", options.work_seconds,
                 "Most seconds that a lease takes; 0: none")
      ->capture_default_str();
  app.add_option("--scrape", options.scrape_seconds,
                 "Seconds between two calls of GetTelemetry; 0: none")
      ->capture_default_str();
  app.add_option("--seconds", options.seconds,
                 "idle: how long; joins: of each part; herd: before the kill")
      ->capture_default_str();
  app.add_flag("--telemetry", options.plan.telemetry,
               "Heartbeats tell how the worker does");
  app.require_subcommand(1);
  app.fallthrough();
  CLI::App& cycles = *app.add_subcommand("cycles", "Life-cycles of trials");
  cycles.add_option("--points", options.plan.points, "Of each trial's curve");
  cycles.add_option("--chunk", options.plan.chunk, "Points per chunk")
      ->capture_default_str();
  cycles.add_option("--metrics", options.plan.metrics, "Per point")
      ->capture_default_str();
  cycles
      .add_option("--message", options.plan.points_per_message,
                  "Points per message")
      ->capture_default_str();
  cycles.add_flag("--audit", options.audit, "Checks the ledger afterwards");
  app.add_subcommand("idle", "Workers with nothing to do");
  CLI::App& joins = *app.add_subcommand("joins", "Workers that come and die");
  joins.add_option("--joining", options.joining, "How many")
      ->capture_default_str();
  app.add_subcommand("herd", "The coordinator is killed");
  CLI11_PARSE(app, argc, argv);
  options.plan.work = absl::Seconds(options.work_seconds);
  constexpr struct {
    const char* name;
    absl::Status (*run)(const bench::Options&);
  } kCases[] = {{"cycles", bench::RunCycles},
                {"idle", bench::RunIdle},
                {"joins", bench::RunJoins},
                {"herd", bench::RunHerd}};
  for (const auto& [name, run] : kCases) {
    if (app.got_subcommand(name)) {
      return bench::Report(bench::Repeat(options, run));
    }
  }
  return 0;
}
