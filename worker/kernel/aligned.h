#ifndef FATHOM_WORKER_KERNEL_ALIGNED_H_
#define FATHOM_WORKER_KERNEL_ALIGNED_H_

#include <cstdint>
#include <memory>

namespace fathom::worker::kernel {

// n, or the next multiple of `unit` above it.
constexpr int64_t RoundUp(int64_t n, int64_t unit) {
  return (n + unit - 1) / unit * unit;
}

// Memory that starts at a multiple of 64 bytes, for vector loads.
struct FreeAligned {
  void operator()(void* memory) const;
};
template <class T>
using AlignedArray = std::unique_ptr<T[], FreeAligned>;
using AlignedDoubles = AlignedArray<double>;

// Returns that many zeros.
void* AllocateAlignedBytes(int64_t bytes);

// Returns `count` zeros.
template <class T>
AlignedArray<T> AllocateAlignedArray(int64_t count) {
  void* const memory =
      AllocateAlignedBytes(count * static_cast<int64_t>(sizeof(T)));
  return AlignedArray<T>(static_cast<T*>(memory));
}
inline AlignedDoubles AllocateAligned(int64_t count) {
  return AllocateAlignedArray<double>(count);
}

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_ALIGNED_H_
