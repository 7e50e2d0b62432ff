// Measures what it costs to count what a transaction has done, per trial, and
// to tell of a thousand workers.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "server/core_stats.h"
#include "server/telemetry.h"

namespace fathom::server {
namespace {

double ThreadSeconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Returns what a transaction of `trials` life-cycles of `lease` trials each
// commits: leases, reports of results, ends of leases.
Effects Cycles(int trials, int lease) {
  Effects effects;
  for (int first = 0; first < trials; first += lease) {
    InsertLease insert;
    insert.lease.add_trials()->set_count(lease);
    effects.writes.push_back(insert);
    RecordReport record;
    for (int i = 0; i < lease; ++i) {
      record.report.add_results()->set_outcome(v1::TRIAL_STATE_SUCCEEDED);
    }
    effects.writes.push_back(record);
    effects.writes.push_back(DeleteLease{first});
  }
  effects.writes.push_back(UpdateSweep{});
  return effects;
}

// Returns the least CPU time of `run`, in nanoseconds.
template <typename Run>
double Best(Run run) {
  double best = 1e9;
  for (int i = 0; i < 200; ++i) {
    const double start = ThreadSeconds();
    run();
    best = std::min(best, ThreadSeconds() - start);
  }
  return 1e9 * best;
}

void Measure() {
  constexpr int kTrials = 1024;
  CoreStats stats;
  for (const int lease : {1, 16}) {
    const Effects effects = Cycles(kTrials, lease);
    std::printf("count, leases of %d: %.1f ns per trial\n", lease,
                Best([&] { stats.NoteCommitted(effects); }) / kTrials);
  }
  std::printf("three histograms: %.0f ns per transaction\n", Best([&] {
                stats.batch.Add(64);
                stats.write_seconds.Add(0.004);
                stats.sync_seconds.Add(0.002);
              }));
  std::vector<v1::Worker> workers(1000);
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i].set_worker(std::to_string(i));
    workers[i].mutable_telemetry()->set_steps(1);
    *workers[i].mutable_telemetry()->mutable_ack_seconds() =
        stats.sync_seconds.ToProto();
  }
  std::printf("telling of %zu workers: %.1f ms, on no thread that decides\n",
              workers.size(), 1e-6 * Best([&] {
                                TelemetryWriter writer;
                                WriteWorkers(workers, writer);
                                writer.Take();
                              }));
}

}  // namespace
}  // namespace fathom::server

int main() { fathom::server::Measure(); }
