#ifndef FATHOM_WORKER_KERNEL_ALIGNED_H_
#define FATHOM_WORKER_KERNEL_ALIGNED_H_

#include <cstdint>
#include <memory>

namespace fathom::worker::kernel {

// Returns n when it is a multiple of `unit`, and the next multiple above n
// otherwise.
constexpr int64_t RoundUp(int64_t n, int64_t unit) {
  return (n + unit - 1) / unit * unit;
}

// Arrays that start at a multiple of 64 bytes, as vector loads need it.
// FreeAligned is their deleter.
struct FreeAligned {
  void operator()(void* memory) const;
};
template <class T>
using AlignedArray = std::unique_ptr<T[], FreeAligned>;
using AlignedDoubles = AlignedArray<double>;

// Returns `bytes` bytes, all zero. Throws bad_alloc.
void* AllocateAlignedBytes(int64_t bytes);

// Returns `count` numbers, all zero. Throws bad_alloc.
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
