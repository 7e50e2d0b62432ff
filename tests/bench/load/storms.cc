// Workers that come and go by the thousand, and a coordinator that is killed
// while thousands of them hold leases.
#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/shared/status.h"
#include "tests/bench/load/case.h"

namespace fathom::bench {
namespace {

using test::ServerProcess;
using test::Usage;

double SecondsSince(absl::Time start) {
  return absl::ToDoubleSeconds(absl::Now() - start);
}

// Adds how long acknowledgements took since they were last taken.
void AddLatencies(const std::string& name, Fleet& fleet, Record& record) {
  const std::vector<float> latencies = fleet.TakeLatencies();
  record.Add(absl::StrCat(name, "_p50_ms"), 1e3 * Quantile(latencies, 0.5));
  record.Add(absl::StrCat(name, "_p99_ms"), 1e3 * Quantile(latencies, 0.99));
  record.Add(absl::StrCat(name, "_max_ms"), 1e3 * Quantile(latencies, 1));
}

// How many attempts were lost with their workers.
absl::StatusOr<int64_t> LostAttempts(client::Connection& client) {
  return AskNumber(client,
                   "SELECT count(*) FROM attempts WHERE outcome='lost'");
}

// A coordinator at work on a sweep, with the workers that stay.
struct Cluster {
  std::unique_ptr<ServerProcess> server;
  std::unique_ptr<client::Connection> client;
  std::unique_ptr<Fleet> fleet;
};

absl::StatusOr<Cluster> StartCluster(const Options& options) {
  Cluster cluster;
  ASSIGN_OR_RETURN(cluster.server,
                   ServerProcess::Start(options.server, options.folder));
  ASSIGN_OR_RETURN(cluster.client,
                   client::ConnectToServer(cluster.server->address()));
  ASSIGN_OR_RETURN(cluster.fleet,
                   Fleet::Connect(cluster.server->address(), options.workers,
                                  Channels(options), options.plan));
  RETURN_IF_ERROR(CreateSweep(*cluster.client, options));
  cluster.fleet->Demand();
  return cluster;
}

}  // namespace

absl::Status RunJoins(const Options& options) {
  ASSIGN_OR_RETURN(Cluster cluster, StartCluster(options));
  Fleet& fleet = *cluster.fleet;
  const std::string& address = cluster.server->address();
  Pulse pulse(&fleet, address, options.scrape_seconds);
  RETURN_IF_ERROR(fleet.WaitForLeases(kTimeout));
  fleet.TakeLatencies();
  absl::SleepFor(absl::Seconds(options.seconds));
  Record record;
  record.Add("workers", int64_t{options.workers});
  record.Add("joining", int64_t{options.joining});
  record.Add("trials", options.trials);
  AddLatencies("quiet", fleet, record);

  // A connection each, as processes have.
  const absl::Time joining = absl::Now();
  const double cpu = cluster.server->usage().cpu_seconds;
  ASSIGN_OR_RETURN(auto others,
                   Fleet::Connect(address, options.joining, options.joining,
                                  options.plan, options.workers));
  record.Add("join_seconds", SecondsSince(joining));
  others->Demand();
  RETURN_IF_ERROR(others->WaitForLeases(kTimeout));
  record.Add("join_to_lease_seconds", SecondsSince(joining));
  record.Add("join_server_cpu_seconds",
             cluster.server->usage().cpu_seconds - cpu);
  absl::SleepFor(joining + absl::Seconds(options.seconds) - absl::Now());
  AddLatencies("joining", fleet, record);

  const absl::Time cutting = absl::Now();
  others->Cut();
  record.Add("cut_seconds", SecondsSince(cutting));
  absl::SleepFor(cutting + absl::Seconds(options.seconds) - absl::Now());
  AddLatencies("leaving", fleet, record);

  // What the dead ones had reported and not heard of may be in the ledger, too.
  while (true) {
    ASSIGN_OR_RETURN(const v1::Sweep sweep, cluster.client->GetSweep(1));
    if (sweep.state() != v1::SWEEP_STATE_RUNNING) break;
    if (absl::Now() > cutting + kTimeout) {
      return absl::DeadlineExceededError("the sweep does not end");
    }
    absl::SleepFor(absl::Milliseconds(100));
  }
  record.Add("end_after_cut_seconds", SecondsSince(cutting));
  ASSIGN_OR_RETURN(const int64_t lost, LostAttempts(*cluster.client));
  record.Add("trials_of_joined", others->counts().trials);
  record.Add("lost_attempts", lost);
  const std::vector<float> scrapes = pulse.Stop();
  record.Add("scrapes", static_cast<int64_t>(scrapes.size()));
  record.Add("scrape_max_ms", 1e3 * Quantile(scrapes, 1));
  record.Add("server_peak_mib", cluster.server->usage().peak_bytes / kMiB);
  others.reset();
  cluster.fleet.reset();
  RETURN_IF_ERROR(Audit(*cluster.client, options, 0));
  record.Print(options.json);
  return cluster.server->Stop();
}

absl::Status RunHerd(const Options& options) {
  Options herd = options;
  herd.plan.reconnect = true;
  ASSIGN_OR_RETURN(Cluster cluster, StartCluster(herd));
  Fleet& fleet = *cluster.fleet;
  RETURN_IF_ERROR(fleet.WaitForLeases(kTimeout));
  auto pulse = std::make_unique<Pulse>(&fleet, cluster.server->address(), 0);
  absl::SleepFor(absl::Seconds(options.seconds));
  fleet.TakeLatencies();
  Record record;
  record.Add("workers", int64_t{options.workers});
  record.Add("channels", int64_t{Channels(options)});
  record.Add("trials", options.trials);
  record.Add("server_mib_before",
             cluster.server->usage().resident_bytes / kMiB);

  const Fleet::Counts before = fleet.counts();
  const absl::Time kill = absl::Now();
  RETURN_IF_ERROR(cluster.server->KillAndStartAgain());
  record.Add("leases_held", before.leases);
  record.Add("listening_after_seconds", SecondsSince(kill));
  const absl::Time listening = absl::Now();
  RETURN_IF_ERROR(
      fleet.WaitForWelcomes(before.welcomes + options.workers, kTimeout));
  record.Add("all_welcome_seconds", SecondsSince(listening));
  record.Add("welcome_cpu_seconds", cluster.server->usage().cpu_seconds);
  record.Add("welcome_peak_mib", cluster.server->usage().peak_bytes / kMiB);
  record.Add("reports_resent", fleet.counts().resent);
  record.Add("leases_dropped", fleet.counts().dropped);
  RETURN_IF_ERROR(fleet.WaitForTrials(options.trials, kTimeout));
  record.Add("end_seconds", SecondsSince(listening));
  AddLatencies("ack", fleet, record);
  ASSIGN_OR_RETURN(cluster.client,
                   client::ConnectToServer(cluster.server->address()));
  ASSIGN_OR_RETURN(const int64_t lost, LostAttempts(*cluster.client));
  record.Add("lost_attempts", lost);
  record.Add("server_peak_mib", cluster.server->usage().peak_bytes / kMiB);
  pulse.reset();
  cluster.fleet.reset();
  RETURN_IF_ERROR(Audit(*cluster.client, options, 0));
  record.Print(options.json);
  return cluster.server->Stop();
}

}  // namespace fathom::bench
