// Measures how fast the curves of a whole sweep are read, from a ledger in a
// directory:
//   curves_bench [DIRECTORY [TRIALS POINTS]]
// Without numbers there are two sweeps: 10^5 trials of 225 points and 10^6
// trials of 20 points, all of two metrics. Each sweep is written, which takes a
// while, unless an earlier run has left it there. It is read through a
// connection to the ledger in this process, as by --db: all points, the ends of
// the curves, and a metric that is not there, which shows what SQLite takes for
// the rows. The file is in the system's cache by then.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/embedded.h"
#include "client/load/curves.h"
#include "server/store/ledger.h"
#include "tests/server/store/ledger_writes.h"

namespace fathom {
namespace {

constexpr int64_t kTrialsPerLease = 500;
constexpr int kRepetitions = 7;

double Now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Returns the processor time of this process, which does not depend on what
// else the machine does.
double CpuNow() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

int64_t PeakMemory() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss >> 10;
}

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

// Adds a curve that falls in its own way, with steps that are denser at the
// start.
void AddCurve(server::RecordReport& write, int64_t trial, int points) {
  v1::TrialPoints& chunk = *write.report.add_points();
  chunk.set_trial_index(trial);
  chunk.set_attempt(1);
  chunk.add_metrics(v1::METRIC_LOSS);
  chunk.add_metrics(v1::METRIC_WEIGHT_NORM);
  double step = 0;
  double value = 1.0 / static_cast<double>(1 + trial % 7);
  for (int i = 0; i < points; ++i) {
    chunk.add_steps(static_cast<int64_t>(step));
    chunk.add_values(value);
    chunk.add_values(1 + value / 3);
    step = step * 1.04 + 1;
    value *= 0.95 + 0.03 * std::sin(static_cast<double>(trial * 31 + i));
  }
}

void MakeLedger(const std::string& path, int64_t trials, int points) {
  auto ledger = server::Ledger::Open(path);
  Check(ledger.status());
  v1::SweepSpec spec = test::SmallSpec(100);
  v1::Axis& seed = *spec.add_axes()->add_axes();
  seed.set_field("seed");
  seed.mutable_range()->set_to(trials / 300 + 1);
  Check((*ledger)->Commit(std::vector<server::Write>{
      test::NewSweep(1, Normalize(std::move(spec)), trials),
      test::NewSession("s1")}));
  int64_t lease_id = 0;
  for (int64_t first = 0; first < trials; first += kTrialsPerLease) {
    const int64_t end = std::min(first + kTrialsPerLease, trials);
    server::RecordReport report = test::NewReport(++lease_id, 1);
    for (int64_t trial = first; trial < end; ++trial) {
      AddCurve(report, trial, points);
      test::AddResult(report, test::NewResult(trial, 0.5));
    }
    Check((*ledger)->Commit(std::vector<server::Write>{
        test::NewLease(lease_id, 1, first, end - first), std::move(report),
        server::DeleteLease{lease_id}}));
  }
}

// Runs `read`, which returns how many points it saw, several times, and prints
// the medians.
template <typename Read>
void Measure(const char* what, int64_t trials, Read read) {
  std::vector<double> wall;
  std::vector<double> cpu;
  int64_t points = 0;
  for (int i = 0; i < kRepetitions; ++i) {
    const double start = Now();
    const double cpu_start = CpuNow();
    points = read();
    wall.push_back(Now() - start);
    cpu.push_back(CpuNow() - cpu_start);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(cpu.begin(), cpu.end());
  const double seconds = wall[kRepetitions / 2];
  std::printf(
      "  %-7s %9lld points in %.3f s (processor %.3f s, fastest %.3f s): %.2f "
      "million trials/s; peak memory %lld MiB\n",
      what, static_cast<long long>(points), seconds, cpu[kRepetitions / 2],
      wall[0], static_cast<double>(trials) / seconds * 1e-6,
      static_cast<long long>(PeakMemory()));
}

void Run(const std::string& directory, int64_t trials, int points) {
  const std::string path =
      absl::StrCat(directory, "/curves_bench_", trials, "_", points, ".db");
  if (!std::filesystem::exists(path)) MakeLedger(path, trials, points);
  std::printf("%lld trials of %d points, %.2f GB\n",
              static_cast<long long>(trials), points,
              static_cast<double>(std::filesystem::file_size(path)) * 1e-9);
  const auto connection = client::OpenReadOnly(path);
  Check(connection.status());
  const auto read = [&](v1::CurveDetail detail, v1::Metric metric) {
    int64_t seen = 0;
    double sum = 0;
    Check(client::ForEachCurve(**connection, 1, metric, {.detail = detail},
                               [&](const client::TrialCurve& curve) {
                                 for (const double value : curve.values)
                                   sum += value;
                                 seen +=
                                     static_cast<int64_t>(curve.values.size());
                                 return absl::OkStatus();
                               }));
    Check(std::isfinite(sum) ? absl::OkStatus()
                             : absl::InternalError("the sum is not finite"));
    return seen;
  };
  Measure("full", trials,
          [&] { return read(v1::CURVE_DETAIL_FULL, v1::METRIC_LOSS); });
  Measure("ends", trials,
          [&] { return read(v1::CURVE_DETAIL_ENDS, v1::METRIC_LOSS); });
  Measure("none", trials,
          [&] { return read(v1::CURVE_DETAIL_ENDS, v1::METRIC_LP_ERROR); });
}

}  // namespace
}  // namespace fathom

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "/tmp";
  if (argc > 3) {
    fathom::Run(directory, std::atoll(argv[2]), std::atoi(argv[3]));
    return 0;
  }
  fathom::Run(directory, 100'000, 225);
  fathom::Run(directory, 1'000'000, 20);
  return 0;
}
