#include <cstdint>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernel.h"

namespace fathom::worker::kernel {
namespace {

// What every machine of 64 bits has. Where it has no fused multiply-add the C
// library computes it, slowly but with the same bits.
struct Portable {
  using Vector [[gnu::vector_size(16)]] = float;
  using TwoDoubles [[gnu::vector_size(16)]] = double;
  static constexpr int kLanes = 4;
  static constexpr int kDoubles = 2;
  static constexpr int kMaxRows = 1;
  static constexpr int kMaxBlocks = 1;

  static Vector Zero() { return Vector{}; }
  static Vector Load(const float* p) {
    return *reinterpret_cast<const Vector*>(p);
  }
  static void Store(float* p, Vector v) { *reinterpret_cast<Vector*>(p) = v; }
  static Vector Set(float x) { return Vector{x, x, x, x}; }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return Vector{
        __builtin_fmaf(a[0], b[0], c[0]), __builtin_fmaf(a[1], b[1], c[1]),
        __builtin_fmaf(a[2], b[2], c[2]), __builtin_fmaf(a[3], b[3], c[3])};
  }
  static TwoDoubles Fma(TwoDoubles a, TwoDoubles b, TwoDoubles c) {
    return TwoDoubles{__builtin_fma(a[0], b[0], c[0]),
                      __builtin_fma(a[1], b[1], c[1])};
  }
};

constexpr ConvKernels kKernels = MakeConvKernels<Portable>();

}  // namespace

const ConvKernels& PortableConvKernels() { return kKernels; }

}  // namespace fathom::worker::kernel
