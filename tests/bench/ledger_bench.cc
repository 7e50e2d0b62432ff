// Measures how fast the ledger is on the disk of a given directory:
//   ledger_bench [DIRECTORY]
// Life cycles of trials consist of leases of 64 trials, with one small chunk of
// points and a result for each trial, after which the lease is deleted. One
// transaction leases, records and deletes 16 such leases (group commit). Points
// come in chunks of 100 points of one metric.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/ledger.h"
#include "tests/server/store/ledger_writes.h"

namespace fathom {
namespace {

using test::AddResult;
using test::NewLease;
using test::NewReport;
using test::NewResult;

constexpr int64_t kTrialsPerLease = 64;
constexpr int64_t kLeasesPerCommit = 16;

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Returns the processor time of this process, which does not depend on what
// else the machine does.
double CpuNow() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

// Returns the spec of 3 depths, 100 learning rates and as many seeds as are
// needed.
v1::SweepSpec LargeSpec(int64_t trials) {
  v1::SweepSpec spec = test::SmallSpec(100);
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_to(trials / 300 + 1);
  return Normalize(std::move(spec));
}

std::unique_ptr<server::Ledger> NewLedger(const std::string& path,
                                          int64_t trials) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + suffix);
  }
  auto ledger = server::Ledger::Open(path);
  Check(ledger.status());
  Check((*ledger)->Commit(std::vector<server::Write>{
      test::NewSweep(1, LargeSpec(trials), trials), test::NewSession("s1")}));
  return *std::move(ledger);
}

void AddChunk(server::RecordReport& write, int64_t trial, int32_t chunk,
              int points) {
  v1::TrialPoints& p = *write.report.add_points();
  p.set_trial_index(trial);
  p.set_attempt(1);
  p.set_chunk(chunk);
  p.add_metrics(v1::METRIC_LOSS);
  for (int i = 0; i < points; ++i) {
    p.add_steps(int64_t{chunk} * points + i);
    p.add_values(1.0 / static_cast<double>(3 + trial + 7 * i + chunk));
  }
}

int64_t BytesOf(const std::string& path) {
  return static_cast<int64_t>(std::filesystem::file_size(path));
}

void LifeCycles(const std::string& path, int64_t trials) {
  std::unique_ptr<server::Ledger> ledger =
      NewLedger(path, trials + kTrialsPerLease);
  double seconds = 0;
  double cpu = 0;
  const auto commit = [&](const std::vector<server::Write>& writes) {
    const double start = Now();
    const double cpu_start = CpuNow();
    Check(ledger->Commit(writes));
    seconds += Now() - start;
    cpu += CpuNow() - cpu_start;
  };
  int64_t lease_id = 0;
  for (int64_t first = 0; first < trials;) {
    std::vector<server::Write> leases;
    std::vector<server::Write> reports;
    for (int64_t i = 0; i < kLeasesPerCommit && first < trials; ++i) {
      leases.push_back(NewLease(++lease_id, 1, first, kTrialsPerLease));
      server::RecordReport report = NewReport(lease_id, 1);
      for (int64_t t = first; t < first + kTrialsPerLease; ++t) {
        AddChunk(report, t, 0, 3);
        AddResult(report, NewResult(t, 1.0 / static_cast<double>(t + 3)));
      }
      reports.push_back(std::move(report));
      reports.push_back(server::DeleteLease{lease_id});
      first += kTrialsPerLease;
    }
    // What is leased in one commit is reported in a later one, as in a run.
    commit(leases);
    commit(reports);
  }
  ledger.reset();  // Empties the WAL.
  const int64_t done = lease_id * kTrialsPerLease;
  std::printf(
      "life cycles: %lld trials in %.2f s (processor %.2f s): %.0f/s, %.0f "
      "bytes/trial\n",
      static_cast<long long>(done), seconds, cpu,
      static_cast<double>(done) / seconds,
      static_cast<double>(BytesOf(path)) / static_cast<double>(done));
}

void Points(const std::string& path, int points_per_chunk) {
  constexpr int64_t kTrials = 256;
  constexpr int64_t kChunksPerCommit = 64;
  std::unique_ptr<server::Ledger> ledger = NewLedger(path, kTrials);
  Check(ledger->Commit(std::vector<server::Write>{NewLease(1, 1, 0, kTrials)}));
  const int64_t chunks = 2'000'000 / points_per_chunk;
  // The messages are made before, because making them is not the ledger's work.
  std::vector<std::vector<server::Write>> commits;
  for (int64_t c = 0; c < chunks; c += kChunksPerCommit) {
    server::RecordReport report = NewReport(1, 1);
    for (int64_t i = c; i < c + kChunksPerCommit; ++i) {
      AddChunk(report, i % kTrials, static_cast<int32_t>(i / kTrials),
               points_per_chunk);
    }
    commits.push_back({std::move(report)});
  }
  const double start = Now();
  const double cpu_start = CpuNow();
  for (const std::vector<server::Write>& writes : commits) {
    Check(ledger->Commit(writes));
  }
  const double seconds = Now() - start;
  const double cpu = CpuNow() - cpu_start;
  ledger.reset();
  const double done = static_cast<double>(commits.size()) *
                      static_cast<double>(kChunksPerCommit * points_per_chunk);
  std::printf(
      "points in chunks of %d: %.0f in %.2f s (processor %.2f s): %.0f/s, %.1f "
      "bytes/point\n",
      points_per_chunk, done, seconds, cpu, done / seconds,
      static_cast<double>(BytesOf(path)) / done);
}

}  // namespace
}  // namespace fathom

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "/tmp";
  const std::string path = absl::StrCat(directory, "/ledger_bench.db");
  for (const int64_t trials : {10000, 100000, 1000000}) {
    fathom::LifeCycles(path, trials);
  }
  fathom::Points(path, 10);
  fathom::Points(path, 100);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(path + suffix);
  }
  return 0;
}
