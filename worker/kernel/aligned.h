#ifndef FATHOM_WORKER_KERNEL_ALIGNED_H_
#define FATHOM_WORKER_KERNEL_ALIGNED_H_

#include <cstdint>
#include <memory>

namespace fathom::kernel {

// Memory that starts at a multiple of 64 bytes, for vector loads.
struct FreeAligned {
  void operator()(double* memory) const;
};
using AlignedDoubles = std::unique_ptr<double[], FreeAligned>;
// Returns `count` zeros.
AlignedDoubles AllocateAligned(int64_t count);

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_ALIGNED_H_
