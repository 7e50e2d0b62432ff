#include "worker/bench/bandwidth.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace fathom::worker::bench {
namespace {

constexpr int64_t kBytes = int64_t{128} << 20;
constexpr int kPasses = 5;

}  // namespace

double ReadBandwidth(int threads) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  Clock::time_point start;
  // This function runs between the passes: before the first one, and after
  // each.
  int passed = -1;
  auto on_pass = [&]() noexcept {
    const auto now = Clock::now();
    if (++passed > 0) {
      const double seconds = std::chrono::duration<double>(now - start).count();
      best = std::max(best, static_cast<double>(kBytes) * threads / seconds);
    }
    start = now;
  };
  std::barrier barrier(threads, on_pass);
  std::vector<std::jthread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      // The memory is written to, because otherwise all of its pages would be
      // the same page of zeros.
      const auto bytes = std::make_unique_for_overwrite<char[]>(kBytes);
      std::fill_n(bytes.get(), kBytes, 1);
      barrier.arrive_and_wait();
      for (int pass = 0; pass < kPasses; ++pass) {
        // The search of the C library for a byte that is not there reads as
        // fast as the vector instructions of the processor can.
        const void* const found = std::memchr(bytes.get(), 0, kBytes);
        // This tells the compiler that the result and the bytes are used.
        asm volatile("" : : "r"(found), "r"(bytes.get()) : "memory");
        barrier.arrive_and_wait();
      }
    });
  }
  running.clear();
  return best;
}

}  // namespace fathom::worker::bench
