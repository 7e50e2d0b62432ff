#ifndef FATHOM_TESTS_FUZZ_FUZZ_H_
#define FATHOM_TESTS_FUZZ_FUZZ_H_

#include <sanitizer/allocator_interface.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// What the fuzz targets share. A target states laws with Require: libFuzzer
// keeps the input that breaks one.
namespace fathom::fuzz {

inline void Require(bool holds, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", law);
  std::abort();
}

inline absl::string_view View(const uint8_t* data, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(data), size);
}

// The bytes that this thread has allocated and not freed, and the most that
// these were. Counted in builds with sanitizers, which all fuzz targets are.
struct Allocated {
  int64_t live = 0;
  int64_t peak = 0;
};
inline thread_local Allocated allocated;

// What an input may cost: something at once, and something for each of its
// bytes. The bounds are those of builds with sanitizers, ten times what is
// usual, in time of the processor: how busy the machine is does not matter.
struct Rates {
  double seconds = 0.3;
  double seconds_per_byte = 100e-6;
  int64_t bytes = int64_t{64} << 20;
  int64_t bytes_per_byte = int64_t{16} << 10;
};

// Requires, from its making to its end, that an input costs no more time of the
// processor and no more memory than its bytes may. What a caller sends must not
// be worth much more than it cost to send: a message of some hundred bytes that
// keeps a thread busy for seconds breaks this law, whatever else it does.
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
    allocated = {};
    Resume();
  }

  // What is done between these two is the target's own work.
  void Pause() {
    spent_ += CpuSeconds() - start_;
    running_ = false;
  }
  void Resume() {
    start_ = CpuSeconds();
    running_ = true;
  }

  // For targets whose input stands for more than its own bytes: so many have
  // come in, or what is worth as many was done.
  void Earn(int64_t bytes) { size_ += bytes; }
  int64_t earned() const { return size_; }

  // Of what was spent up to the last pause. Of all of it at the end; those
  // whose inputs may cost much look before.
  void Check() const {
    const auto size = static_cast<double>(size_);
    if (spent_ > rates_.seconds + rates_.seconds_per_byte * size) {
      std::fprintf(stderr, "%.0f bytes took %.2f s of the processor\n", size,
                   spent_);
      Require(false, "an input costs time in its length");
    }
    if (allocated.peak > rates_.bytes + rates_.bytes_per_byte * size_) {
      std::fprintf(stderr, "%.0f bytes took %ld MiB of memory\n", size,
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
  static double CpuSeconds() {
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) +
           1e-9 * static_cast<double>(now.tv_nsec);
  }

  const Rates rates_;
  int64_t size_;
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
