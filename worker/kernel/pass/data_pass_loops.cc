// Compiled once for each instruction set: vectors.h says what must not be done
// here.
#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/pass/data_pass_kernel.h"
#include "worker/kernel/vectors.h"

namespace fathom::worker::kernel {
namespace {

// The shapes of tiles, by the registers that there are: 32, or 16 with a line
// of X among what the instructions take from memory. Without an instruction
// for it a fused multiply-add is a call, which leaves nothing in registers.
struct TileLimits {
  int min_panels, max_columns, turned_vectors, turned_sums;
};
constexpr TileLimits kLimits = kIsa == Isa::kAvx512 ? TileLimits{2, 12, 2, 24}
                               : kIsa == Isa::kAvx2 ? TileLimits{1, 6, 3, 12}
                               : kIsa == Isa::kNeon ? TileLimits{1, 6, 3, 24}
                                                    : TileLimits{1, 1, 1, 8};

template <class V>
struct Tiled : V {
  static constexpr int kMinPanels = kLimits.min_panels;
  static constexpr int kMaxColumns = kLimits.max_columns;
  static constexpr int kTurnedVectors = kLimits.turned_vectors;
  static constexpr int kTurnedSums = kLimits.turned_sums;
};

constexpr DataPassKernels<double> kOfDoubles =
    MakeKernels<Tiled<Doubles>, Tiled<Doubles>>();
constexpr DataPassKernels<float> kOfFloats =
    MakeKernels<Tiled<Floats>, Tiled<Doubles>>();

}  // namespace

template <>
const DataPassKernels<double>& DataPassLoops<double, kIsa>() {
  return kOfDoubles;
}
template <>
const DataPassKernels<float>& DataPassLoops<float, kIsa>() {
  return kOfFloats;
}

}  // namespace fathom::worker::kernel
