// Measures how much one coordinator bears: fathom-server runs as a process of
// its own, on a new ledger, against simulated workers over gRPC on loopback.
//
//   load_bench cycles   life-cycles of trials that take no time to train:
//                       lease, result, fsync, acknowledgement; with --points
//                       their curves, too
//   load_bench idle     connected workers that only send heartbeats
//
// Prints one line per round, or with --json one JSON object per line. See
// --help.
#include <sys/statfs.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/connection.h"
#include "proto/shared/status.h"
#include "proto/sweep/normalize.h"
#include "tests/bench/load/fleet.h"
#include "tests/testing/server_process.h"

namespace fathom::bench {
namespace {

using test::ServerProcess;
using test::Usage;
using test::UsageOf;

constexpr double kMiB = 1 << 20;
constexpr absl::Duration kTimeout = absl::Minutes(3);

struct Options {
  std::string server;
  std::string folder = "/tmp";
  bool json = false;
  int rounds = 1;
  int workers = 64;
  int channels = 0;
  int64_t trials = 100'000;
  double seconds = 10;
  bool audit = false;
  WorkerPlan plan;
};

// The names and values of one round, in the order of printing.
class Record {
 public:
  void Add(const std::string& name, double value) {
    fields_.emplace_back(name, absl::StrFormat("%.6g", value));
  }
  void Add(const std::string& name, int64_t value) {
    fields_.emplace_back(name, absl::StrCat(value));
  }
  void Print(bool json) const {
    std::vector<std::string> cells;
    for (const auto& [name, value] : fields_) {
      cells.push_back(json ? absl::StrCat("\"", name, "\": ", value)
                           : absl::StrCat(name, " ", value));
    }
    const std::string line = absl::StrJoin(cells, json ? ", " : "  ");
    std::printf(json ? "{%s}\n" : "%s\n", line.c_str());
    std::fflush(stdout);
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Returns a quantile of sorted `values`, or 0 where there are none.
double Quantile(const std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(std::lround(share * last))];
}

// Returns the spec of 2 depths, 50 learning rates, and as many seeds as are
// needed.
v1::SweepSpec MakeSpec(int64_t trials, const WorkerPlan& plan) {
  v1::SweepSpec spec;
  spec.set_name("load");
  v1::TrialSpec& trial = *spec.mutable_trial();
  trial.set_steps(std::max<int64_t>(100, plan.points + plan.chunk));
  for (int m = 0; m < plan.metrics; ++m) {
    trial.mutable_record()->add_metrics(
        static_cast<v1::Metric>(v1::METRIC_LOSS + m));
  }
  trial.mutable_data()->mutable_synthetic()->set_rows(10);
  trial.mutable_data()->mutable_synthetic()->set_columns(4);
  v1::Axis& depth = *spec.add_axes()->add_axes();
  depth.set_field("model.depth");
  depth.mutable_list()->add_values()->set_integer(1);
  depth.mutable_list()->add_values()->set_integer(2);
  v1::Axis& rate = *spec.add_axes()->add_axes();
  rate.set_field("optimizer.learning_rate");
  rate.mutable_log()->set_from(1e-4);
  rate.mutable_log()->set_to(1e-2);
  rate.mutable_log()->set_count(50);
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_to(trials / 100);
  return Normalize(std::move(spec));
}

// gRPC carries at most 1000 streams per connection.
int Channels(const Options& options) {
  if (options.channels > 0) return options.channels;
  return std::max(std::min(options.workers, 16), (options.workers + 499) / 500);
}

// Checks that everything that was acknowledged is in the ledger, whole and
// once.
absl::Status Audit(client::Connection& client, const Options& options,
                   int64_t points_sent) {
  ASSIGN_OR_RETURN(const v1::AuditResponse audit, client.Audit());
  if (audit.problem_count() > 0) {
    return absl::DataLossError(absl::StrCat("the audit found ",
                                            audit.problem_count(),
                                            " problems: ", audit.problems(0)));
  }
  const v1::SweepAudit& sweep = audit.sweeps(0);
  if (sweep.recorded() != options.trials) {
    return absl::DataLossError(absl::StrCat("the ledger has ", sweep.recorded(),
                                            " results, expected ",
                                            options.trials));
  }
  v1::QueryRequest request;
  request.set_sql(
      "SELECT coalesce(sum(json_array_length(points)),0) FROM metric_chunks");
  int64_t found = -1;
  RETURN_IF_ERROR(client.Query(request, [&](const v1::QueryResponse& part) {
    if (part.rows_size() > 0) found = part.rows(0).cells(0).integer();
    return absl::OkStatus();
  }));
  if (found == points_sent) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the ledger has ", found,
                                          " points, expected ", points_sent));
}

absl::Status RunCycles(const Options& options) {
  ASSIGN_OR_RETURN(auto server,
                   ServerProcess::Start(options.server, options.folder));
  ASSIGN_OR_RETURN(auto client, client::ConnectToServer(server->address()));
  ASSIGN_OR_RETURN(auto fleet,
                   Fleet::Connect(server->address(), options.workers,
                                  Channels(options), options.plan));
  ASSIGN_OR_RETURN(
      const v1::Sweep sweep,
      client->CreateSweep(MakeSpec(options.trials, options.plan), false));
  if (sweep.trial_count() != options.trials) {
    return absl::InvalidArgumentError("--trials must be a multiple of 100");
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
  const std::vector<float> latencies = fleet->Latencies();
  Record record;
  record.Add("workers", int64_t{options.workers});
  record.Add("channels", int64_t{Channels(options)});
  record.Add("slots", int64_t{options.plan.slots});
  record.Add("lease", int64_t{options.plan.lease});
  record.Add("trials", options.trials);
  record.Add("points_per_trial", options.plan.points);
  record.Add("metrics", int64_t{options.plan.metrics});
  record.Add("seconds", seconds);
  record.Add("trials_per_s", trials / seconds);
  record.Add("points_per_s",
             static_cast<double>(fleet->acknowledged_points()) / seconds);
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
  record.Add("most_unacknowledged_mib",
             static_cast<double>(fleet->most_unacknowledged_bytes()) / kMiB);
  const int64_t points = fleet->acknowledged_points();
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
  app.require_subcommand(1);
  app.fallthrough();
  CLI::App& cycles = *app.add_subcommand("cycles", "Life-cycles of trials");
  cycles.add_option("--trials", options.trials, "Of the sweep, in hundreds")
      ->capture_default_str();
  cycles.add_option("--slots", options.plan.slots, "Of each worker")
      ->capture_default_str();
  cycles
      .add_option("--lease", options.plan.lease, "Trials asked for at a time")
      ->capture_default_str();
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
  CLI::App& idle = *app.add_subcommand("idle", "Workers with nothing to do");
  idle.add_option("--seconds", options.seconds, "How long")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return bench::Report(bench::Repeat(
      options, cycles.parsed() ? bench::RunCycles : bench::RunIdle));
}
