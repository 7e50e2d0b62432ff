#ifndef FATHOM_WORKER_BENCH_PEAK_H_
#define FATHOM_WORKER_BENCH_PEAK_H_

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "worker/kernel/isa.h"

// Peaks of the processor, against which benchmarks and `fathom bench` measure.
// Time is CPU time of the thread, so that a share of the peak is right on a
// shared machine as well.
namespace fathom::worker::bench {

// Returns the CPU time of this thread in seconds.
inline double ThreadSeconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// The loop has twelve independent chains, which is more than latency times
// throughput of any core. It computes with zeros, because other numbers that
// happen to be in the registers may be slow to multiply.
#define FATHOM_FMA(t, r, n) "vfmadd231" t " %%" r "14, %%" r "15, %%" r n "\n"
#define FATHOM_PEAK_LOOP(t, r)                                              \
  "vzeroall\n1:\n" FATHOM_FMA(t, r, "0") FATHOM_FMA(t, r, "1")              \
      FATHOM_FMA(t, r, "2") FATHOM_FMA(t, r, "3") FATHOM_FMA(t, r, "4")     \
          FATHOM_FMA(t, r, "5") FATHOM_FMA(t, r, "6") FATHOM_FMA(t, r, "7") \
              FATHOM_FMA(t, r, "8") FATHOM_FMA(t, r, "9")                   \
                  FATHOM_FMA(t, r, "10")                                    \
                      FATHOM_FMA(t, r, "11") "dec %0\n jnz 1b\n vzeroupper\n"
#define FATHOM_CLOBBERED                                                  \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
      "xmm9", "xmm10", "xmm11", "xmm14", "xmm15", "cc"

// The loop for x86-64 without FMA has products and sums, in turns.
#define FATHOM_MUL_ADD(n) \
  "mulpd %%xmm15, %%xmm" n "\n addpd %%xmm14, %%xmm" n "\n"
#define FATHOM_PORTABLE_PEAK_LOOP                                             \
  "xorpd %%xmm14, %%xmm14\n xorpd %%xmm15, %%xmm15\n1:\n" FATHOM_MUL_ADD("0") \
      FATHOM_MUL_ADD("1") FATHOM_MUL_ADD("2") FATHOM_MUL_ADD("3")             \
          FATHOM_MUL_ADD("4") FATHOM_MUL_ADD("5") FATHOM_MUL_ADD("6")         \
              FATHOM_MUL_ADD("7") FATHOM_MUL_ADD("8") FATHOM_MUL_ADD("9")     \
                  FATHOM_MUL_ADD("10")                                        \
                      FATHOM_MUL_ADD("11") "dec %0\n jnz 1b\n"

// Returns the flops per second of the core's fused multiply-adds of T, double
// or float. The machine must support `isa`.
template <class T = double>
double Peak(kernel::Isa isa) {
  constexpr int64_t kIterations = 200'000;
  int64_t n = kIterations;
  const double start = ThreadSeconds();
  const bool wide = isa == kernel::Isa::kAvx512;
  if (isa == kernel::Isa::kPortable) {
    // With floats the same instructions would do twice as much.
    asm volatile(FATHOM_PORTABLE_PEAK_LOOP : "+r"(n) : : FATHOM_CLOBBERED);
  } else if constexpr (sizeof(T) == sizeof(double)) {
    if (wide) {
      asm volatile(FATHOM_PEAK_LOOP("pd", "zmm")
                   : "+r"(n)
                   :
                   : FATHOM_CLOBBERED);
    } else {
      asm volatile(FATHOM_PEAK_LOOP("pd", "ymm")
                   : "+r"(n)
                   :
                   : FATHOM_CLOBBERED);
    }
  } else if (wide) {
    asm volatile(FATHOM_PEAK_LOOP("ps", "zmm") : "+r"(n) : : FATHOM_CLOBBERED);
  } else {
    asm volatile(FATHOM_PEAK_LOOP("ps", "ymm") : "+r"(n) : : FATHOM_CLOBBERED);
  }
  const double bytes = wide ? 64 : isa == kernel::Isa::kAvx2 ? 32 : 16;
  const double lanes = bytes / sizeof(T);
  return kIterations * 12 * 2 * lanes / (ThreadSeconds() - start);
}

// Returns the best of a few measurements of Peak(), which together take about
// two milliseconds: the first ones of a thread may be slow, as some processors
// change their clock for wide vectors.
inline double BestPeak(kernel::Isa isa) {
  double best = 0;
  for (int i = 0; i < 5; ++i) best = std::max(best, Peak(isa));
  return best;
}

// Returns the median of `values`, the upper one of two.
inline double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2,
                   values.end());
  return values[values.size() / 2];
}

// Returns the name of the processor, or "unknown".
inline std::string CpuName() {
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace fathom::worker::bench

#endif  // FATHOM_WORKER_BENCH_PEAK_H_
