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

// Loops of twelve independent chains, which is more than latency times
// throughput of any core. They compute with zeros, because other numbers that
// happen to be in the registers may be slow to multiply.
#define FATHOM_TWELVE(x)                                                \
  x("0") x("1") x("2") x("3") x("4") x("5") x("6") x("7") x("8") x("9") \
      x("10") x("11")
#if defined(__x86_64__)
#define FATHOM_PD_YMM(n) "vfmadd231pd %%ymm14, %%ymm15, %%ymm" n "\n"
#define FATHOM_PS_YMM(n) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" n "\n"
#define FATHOM_PD_ZMM(n) "vfmadd231pd %%zmm14, %%zmm15, %%zmm" n "\n"
#define FATHOM_PS_ZMM(n) "vfmadd231ps %%zmm14, %%zmm15, %%zmm" n "\n"
// The loop for x86-64 without FMA has products and sums, in turns.
#define FATHOM_MUL_ADD(n) \
  "mulpd %%xmm15, %%xmm" n "\n addpd %%xmm14, %%xmm" n "\n"
#define FATHOM_LOOP(before, x, after)                                        \
  asm volatile(before "1:\n" FATHOM_TWELVE(x) "dec %0\n jnz 1b\n" after      \
               : "+r"(n)                                                     \
               :                                                             \
               : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",     \
                 "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm14", "xmm15", \
                 "cc")
#define FATHOM_WIDE_LOOP(x) FATHOM_LOOP("vzeroall\n", x, "vzeroupper\n")
#elif defined(__aarch64__)
#define FATHOM_FMLA_D(n) "fmla v" n ".2d, v14.2d, v15.2d\n"
#define FATHOM_FMLA_S(n) "fmla v" n ".4s, v14.4s, v15.4s\n"
#define FATHOM_ZERO(n) "movi v" n ".2d, #0\n"
#define FATHOM_LOOP(x)                                                         \
  asm volatile(FATHOM_TWELVE(FATHOM_ZERO) FATHOM_ZERO("14") FATHOM_ZERO(       \
                   "15") "1:\n" FATHOM_TWELVE(x) "subs %0, %0, #1\n b.ne 1b\n" \
               : "+r"(n)                                                       \
               :                                                               \
               : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9",   \
                 "v10", "v11", "v14", "v15", "cc")
#else
#error "there are loops for x86-64 and for aarch64"
#endif

// Goes through a loop n times.
template <class T>
void RunPeakLoop(kernel::Isa isa, int64_t n) {
  constexpr bool kDouble = sizeof(T) == sizeof(double);
#if defined(__x86_64__)
  if (isa == kernel::Isa::kPortable) {
    // With floats the same instructions would do twice as much.
    FATHOM_LOOP("xorpd %%xmm14, %%xmm14\n xorpd %%xmm15, %%xmm15\n",
                FATHOM_MUL_ADD, "");
  } else if (isa == kernel::Isa::kAvx512) {
    if constexpr (kDouble) {
      FATHOM_WIDE_LOOP(FATHOM_PD_ZMM);
    } else {
      FATHOM_WIDE_LOOP(FATHOM_PS_ZMM);
    }
  } else if constexpr (kDouble) {
    FATHOM_WIDE_LOOP(FATHOM_PD_YMM);
  } else {
    FATHOM_WIDE_LOOP(FATHOM_PS_YMM);
  }
#else
  if constexpr (kDouble) {
    FATHOM_LOOP(FATHOM_FMLA_D);
  } else {
    FATHOM_LOOP(FATHOM_FMLA_S);
  }
#endif
}

// Returns the flops per second of the core's fused multiply-adds of T, double
// or float. The machine must support `isa`.
template <class T = double>
double Peak(kernel::Isa isa) {
  constexpr int64_t kIterations = 200'000;
  const double start = ThreadSeconds();
  RunPeakLoop<T>(isa, kIterations);
  const double bytes = isa == kernel::Isa::kAvx512 ? 64
                       : isa == kernel::Isa::kAvx2 ? 32
                                                   : 16;
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
