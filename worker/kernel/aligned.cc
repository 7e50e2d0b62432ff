#include "worker/kernel/aligned.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace fathom::kernel {
namespace {

constexpr std::align_val_t kAlignment{64};

// The sweep over X is one long stream: small pages slow it down noticeably. A
// wish only, so failure is ignored.
void AskForHugePages(void* memory, size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20;
  if (std::align(kHugePage, kHugePage, memory, bytes) != nullptr) {
    madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  }
}

}  // namespace

void FreeAligned::operator()(double* memory) const {
  ::operator delete[](memory, kAlignment);
}

AlignedDoubles AllocateAligned(int64_t count) {
  const size_t bytes = static_cast<size_t>(count) * sizeof(double);
  auto* memory = static_cast<double*>(::operator new[](bytes, kAlignment));
  AskForHugePages(memory, bytes);
  std::memset(memory, 0, bytes);
  return AlignedDoubles(memory);
}

}  // namespace fathom::kernel
