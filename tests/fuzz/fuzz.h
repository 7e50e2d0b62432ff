#ifndef FATHOM_TESTS_FUZZ_FUZZ_H_
#define FATHOM_TESTS_FUZZ_FUZZ_H_

#include <sanitizer/allocator_interface.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Noting the stack of every allocation, and keeping freed memory that no cache
// can hold, takes longer than all that the targets do. Once an input is found,
// ASAN_OPTIONS=malloc_context_size=30 shows it with the stacks.
extern "C" __attribute__((used)) inline const char* __asan_default_options() {
  return "malloc_context_size=0:quarantine_size_mb=16";
}

// This file has what the fuzz targets share. A target states laws with Require,
// and libFuzzer keeps the input that breaks one of them.
namespace fathom::fuzz {

inline void Require(bool holds, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", law);
  std::abort();
}

inline absl::string_view View(const uint8_t* data, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(data), size);
}

// The bytes that this thread has allocated and not freed, now and at most. They
// are counted in builds with sanitizers, which all fuzz targets are.
struct Allocated {
  int64_t live = 0;
  int64_t peak = 0;
};
inline thread_local Allocated allocated;

// What an input may cost: a fixed amount, and an amount for each of its bytes.
// The bounds are for builds with sanitizers and ten times the usual cost. Time
// is that of the processor, so that other programs on the machine do not
// matter.
struct Rates {
  double seconds = 0.3;
  double seconds_per_byte = 100e-6;
  int64_t bytes = int64_t{64} << 20;
  int64_t bytes_per_byte = int64_t{16} << 10;
};

// Requires, for as long as the object lives, that an input costs no more time
// of the processor and no more memory than its bytes may. What a caller sends
// must not cause much more cost than sending it: a message of some hundred
// bytes that keeps a thread busy for seconds breaks this law, whatever else it
// does.
class Budget {
 public:
  explicit Budget(size_t size, const Rates& rates = {})
      : rates_(rates), size_(static_cast<int64_t>(size)) {
    static const int installed = __sanitizer_install_malloc_and_free_hooks(
        [](const volatile void*, size_t bytes) {
          allocated.live += static_cast<int64_t>(bytes);
          allocated.peak = std::max(allocated.peak, allocated.live);
        },
        [](const volatile void* memory) {
          if (memory == nullptr) return;
          allocated.live -= static_cast<int64_t>(
              __sanitizer_get_allocated_size(const_cast<void*>(memory)));
        });
    Require(installed > 0, "allocations can be counted");
    static const auto before = signal(SIGPROF, [](int) {
      constexpr char kLaw[] = "broken: an input comes to its end in time\n";
      if (write(STDERR_FILENO, kLaw, sizeof(kLaw) - 1) < 0) std::abort();
      std::abort();
    });
    Require(before != SIG_ERR, "a signal ends what goes on for ever");
    allocated = {};
    Resume();
  }

  // What happens between Pause and Resume is the target's own work and is not
  // counted.
  void Pause() {
    spent_ += CpuSeconds() - start_;
    running_ = false;
    SetAlarm(0);
  }
  void Resume() {
    start_ = CpuSeconds();
    running_ = true;
    // An input that takes much longer than it may is ended by a signal, because
    // it may never end by itself.
    SetAlarm(1 + 2 * std::max(0.0, AllowedSeconds() - spent_));
  }

  // Counts `bytes` more for the input, for targets whose input stands for more
  // than its own bytes.
  void Earn(int64_t bytes) { size_ += bytes; }
  // Allows `bytes` more of memory, for targets whose input may stand for a
  // result that is larger than its bytes pay for.
  void EarnMemory(int64_t bytes) { memory_ += bytes; }
  int64_t earned() const { return size_; }

  // Checks what was spent up to the last pause. The destructor checks
  // everything; targets whose inputs may cost much check earlier.
  void Check() const {
    if (spent_ > AllowedSeconds()) {
      std::fprintf(stderr, "%ld bytes took %.2f s of the processor\n",
                   static_cast<long>(size_), spent_);
      Require(false, "an input costs time in its length");
    }
    if (allocated.peak >
        rates_.bytes + rates_.bytes_per_byte * size_ + memory_) {
      std::fprintf(stderr, "%ld bytes took %ld MiB of memory\n",
                   static_cast<long>(size_),
                   static_cast<long>(allocated.peak >> 20));
      Require(false, "an input costs memory in its length");
    }
  }

  ~Budget() {
    if (running_) Pause();
    Check();
  }
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

 private:
  double AllowedSeconds() const {
    return rates_.seconds +
           rates_.seconds_per_byte * static_cast<double>(size_);
  }

  // Of the time of all threads of this process; 0: none.
  static void SetAlarm(double seconds) {
    itimerval timer = {};
    timer.it_value.tv_sec = static_cast<time_t>(seconds);
    timer.it_value.tv_usec =
        static_cast<suseconds_t>(1e6 * (seconds - std::floor(seconds)));
    setitimer(ITIMER_PROF, &timer, nullptr);
  }

  static double CpuSeconds() {
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) +
           1e-9 * static_cast<double>(now.tv_nsec);
  }

  const Rates rates_;
  int64_t size_;
  int64_t memory_ = 0;
  double start_ = 0;
  double spent_ = 0;
  bool running_ = true;
};

// A file in memory that can be opened by its path.
class MemoryFile {
 public:
  explicit MemoryFile(absl::string_view text)
      : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    Require(write(fd_, text.data(), text.size()) ==
                static_cast<ssize_t>(text.size()),
            "memory is there");
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return absl::StrCat("/proc/self/fd/", fd_); }

 private:
  const int fd_;
};

}  // namespace fathom::fuzz

#endif  // FATHOM_TESTS_FUZZ_FUZZ_H_
