// Compiled once for each instruction set: vectors.h says what must not be done
// here.
#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernel.h"
#include "worker/kernel/vectors.h"

namespace fathom::worker::kernel {
namespace {

// Tiles of sums by the registers that there are; see data_pass_loops.cc.
struct ConvVectors : Floats {
  static constexpr int kMaxRows = kIsa == Isa::kPortable ? 1
                                  : kIsa == Isa::kAvx512 ? 14
                                                         : 6;
  static constexpr int kMaxBlocks = kIsa == Isa::kAvx512 ? 2 : 1;
};

constexpr ConvKernels kKernels = MakeConvKernels<ConvVectors, Doubles>();

}  // namespace

template <>
const ConvKernels& ConvLoops<kIsa>() {
  return kKernels;
}

}  // namespace fathom::worker::kernel
