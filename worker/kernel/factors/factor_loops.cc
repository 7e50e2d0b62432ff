// Compiled once for each instruction set: vectors.h says what must not be done
// here.
#include "worker/kernel/factors/factor_isa.h"
#include "worker/kernel/factors/factor_kernel.h"
#include "worker/kernel/vectors.h"

namespace fathom::worker::kernel {
namespace {

// Tiles of sums by the registers that there are; see data_pass_loops.cc.
struct FactorVectors : Doubles {
  static constexpr int kSums = kIsa == Isa::kPortable ? 8
                               : kIsa == Isa::kAvx2   ? 12
                                                      : 24;
  static constexpr int kMaxRows = kIsa == Isa::kPortable ? 1
                                  : kIsa == Isa::kAvx2   ? 4
                                                         : 8;
};

constexpr FactorKernels kKernels = MakeFactorKernels<FactorVectors>();

}  // namespace

template <>
const FactorKernels& FactorLoops<kIsa>() {
  return kKernels;
}

}  // namespace fathom::worker::kernel
