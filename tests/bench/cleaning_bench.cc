// Deletes a sweep of a ledger, and measures the steps that clear it away:
//   cleaning_bench LEDGER.db SWEEP
// The sweep must have ended. Prints how long the steps took, in wall time and
// in time of the processor, how many rows went, and how large the file was and
// is.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "server/store/ledger.h"

namespace fathom {
namespace {

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

double Now(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * time.tv_nsec;
}

double MiB(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  return none ? 0 : static_cast<double>(size) / (1 << 20);
}

void Print(const char* name, std::vector<double>& seconds) {
  std::sort(seconds.begin(), seconds.end());
  const auto at = [&](double share) {
    const auto last = static_cast<double>(seconds.size() - 1);
    return 1e3 * seconds[static_cast<size_t>(share * last)];
  };
  std::printf("%s: median %.2f ms, 90 %% %.2f, 99 %% %.2f, most %.2f\n", name,
              at(0.5), at(0.9), at(0.99), at(1));
}

int Main(const std::string& path, int64_t sweep) {
  auto ledger = server::Ledger::Open(path);
  Check(ledger.status());
  const absl::Time now = absl::Now();
  const double before = MiB(path);
  const double begun = Now(CLOCK_MONOTONIC);
  Check((*ledger)->Commit({server::DeleteSweep{sweep, now}}));
  std::printf("deleted after %.1f ms\n", 1e3 * (Now(CLOCK_MONOTONIC) - begun));
  std::vector<double> wall;
  std::vector<double> processor;
  int64_t rows = 0;
  double log = 0;
  while ((*ledger)->HasCleaning(now)) {
    const double from = Now(CLOCK_MONOTONIC);
    const double from_processor = Now(CLOCK_PROCESS_CPUTIME_ID);
    const auto cleaned =
        (*ledger)->Clean(now, [](const std::string&) { return false; });
    Check(cleaned.status());
    wall.push_back(Now(CLOCK_MONOTONIC) - from);
    processor.push_back(Now(CLOCK_PROCESS_CPUTIME_ID) - from_processor);
    rows += cleaned->rows;
    log = std::max(log, MiB(path + "-wal"));
  }
  const double took = Now(CLOCK_MONOTONIC) - begun;
  ledger->reset();
  std::printf("%zu steps, %lld rows in %.1f s\n", wall.size(),
              static_cast<long long>(rows), took);
  Print("wall time of a step", wall);
  Print("processor time of a step", processor);
  std::printf("file: %.0f MiB before, %.0f after; log: at most %.0f\n", before,
              MiB(path), log);
  return 0;
}

}  // namespace
}  // namespace fathom

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: cleaning_bench LEDGER.db SWEEP\n");
    return 2;
  }
  return fathom::Main(argv[1], std::atoll(argv[2]));
}
