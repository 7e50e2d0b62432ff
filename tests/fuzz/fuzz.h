#ifndef FATHOM_TESTS_FUZZ_FUZZ_H_
#define FATHOM_TESTS_FUZZ_FUZZ_H_

#include <sys/mman.h>
#include <unistd.h>

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
