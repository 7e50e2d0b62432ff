#include "worker/kernel/aligned.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace fathom::worker::kernel {
namespace {

constexpr std::align_val_t kAlignment{64};

// Asks for huge pages, because a sweep over X reads memory in one long stream,
// which small pages slow down noticeably. Failure is ignored, as it costs only
// speed.
void AskForHugePages(void* memory, size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20;
  if (std::align(kHugePage, kHugePage, memory, bytes) != nullptr) {
    madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
}

}  // namespace

void FreeAligned::operator()(void* memory) const {
  ::operator delete[](memory, kAlignment);
}

void* AllocateAlignedBytes(int64_t bytes) {
  const auto size = static_cast<size_t>(bytes);
  void* const memory = ::operator new[](size, kAlignment);
  AskForHugePages(memory, size);
  std::memset(memory, 0, size);
  return memory;
}

}  // namespace fathom::worker::kernel
