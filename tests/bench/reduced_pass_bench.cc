// Measures the pass over reduced data for squared errors against the pass over
// all data.
//
//   reduced_pass_bench [--shape 2565x128] [--rounds 9]
//
// Rounds alternate between the two passes. Flops of the reduced pass are
// counted as 2 d^2 per column.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "worker/bench/peak.h"
#include "worker/kernel/pass/data_pass.h"
#include "worker/kernel/pass/reduced_pass.h"

namespace fathom::worker::kernel {
namespace {

using bench::ThreadSeconds;

double Time(Pass& pass, std::span<const Column> columns) {
  pass.Run(columns);
  for (int64_t repeats = 1;; repeats *= 2) {
    const double start = ThreadSeconds();
    for (int64_t r = 0; r < repeats; ++r) pass.Run(columns);
    const double seconds = ThreadSeconds() - start;
    if (seconds > 0.01) return seconds / static_cast<double>(repeats);
  }
}

void Report(int64_t m, int64_t d, int rounds) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> x(m * d), y(m);
  for (double& v : x) v = normal(random);
  for (double& v : y) v = normal(random);
  const PackedData packed = PackedData::Pack(m, d, 1, x, y);
  const double start = ThreadSeconds();
  const ReducedData reduced = *ReducedData::Reduce(m, d, 1, x, y);
  std::printf("%dx%d reduced in %.1f ms\n", static_cast<int>(m),
              static_cast<int>(d), 1e3 * (ThreadSeconds() - start));
  DataPass data_pass(&packed);
  ReducedPass reduced_pass(&reduced);
  for (const int64_t count : {1, 4, 12, 24, 64, 256}) {
    const int64_t stride = PaddedColumns(d);
    const AlignedDoubles weights = AllocateAligned(count * stride);
    const AlignedDoubles gradients = AllocateAligned(count * stride);
    std::vector<double> errors(count);
    std::vector<Column> columns;
    for (int64_t c = 0; c < count; ++c) {
      for (int64_t j = 0; j < d; ++j) weights[c * stride + j] = normal(random);
      columns.push_back({.weights = &weights[c * stride],
                         .gradient = &gradients[c * stride],
                         .error = &errors[c],
                         .loss = {.p = 2}});
    }
    std::vector<double> ratios, shares, seconds;
    for (int round = 0; round < rounds; ++round) {
      const double peak = bench::Peak(ActiveIsa());
      seconds.push_back(Time(reduced_pass, columns));
      ratios.push_back(Time(data_pass, columns) / seconds.back());
      shares.push_back(2.0 * static_cast<double>(d * d * count) /
                       seconds.back() / peak);
    }
    std::printf(
        "%-7s %6dx%-4d K=%-4d %7.2f us per column  %5.1f %% of peak  %6.1f "
        "times the data pass\n",
        IsaName(ActiveIsa()), static_cast<int>(m), static_cast<int>(d),
        static_cast<int>(count),
        1e6 * bench::Median(seconds) / static_cast<double>(count),
        100 * bench::Median(shares), bench::Median(ratios));
  }
}

int Main(int argc, char** argv) {
  long m = 2565, d = 128;
  int rounds = 9;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--shape") == 0) {
      if (std::sscanf(argv[i + 1], "%ldx%ld", &m, &d) != 2) return 2;
    } else if (std::strcmp(argv[i], "--rounds") == 0) {
      rounds = std::atoi(argv[i + 1]);
    } else {
      return 2;
    }
  }
  std::printf("%s\n", bench::CpuName().c_str());
  for (const Isa isa : kIsas) {
    if (isa == Isa::kPortable || !Supports(isa)) continue;
    ForceIsa(isa);
    Report(m, d, rounds);
  }
  return 0;
}

}  // namespace
}  // namespace fathom::worker::kernel

int main(int argc, char** argv) {
  return fathom::worker::kernel::Main(argc, argv);
}
