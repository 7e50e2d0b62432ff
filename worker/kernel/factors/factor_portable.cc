#include <bit>
#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"
#include "worker/kernel/factors/factor_kernel.h"

namespace fathom::worker::kernel {
namespace {

// Computes with one double at a time. On a machine without fused multiply-add
// the C library computes it, slowly but with the same bits.
struct Scalar {
  using Vector = double;
  using Mask = bool;
  static constexpr int kLanes = 1;
  static constexpr int kSums = 8;
  static constexpr int kMaxRows = 1;

  static Mask Some(int64_t n) { return n > 0; }
  static Vector Zero() { return 0; }
  static Vector Set(double x) { return x; }
  static Vector Load(const double* p) { return *p; }
  static Vector Load(const double* p, Mask m) { return m ? *p : 0; }
  static void Store(double* p, Vector v) { *p = v; }
  static void Store(double* p, Vector v, Mask m) {
    if (m) *p = v;
  }
  static Vector Add(Vector a, Vector b) { return a + b; }
  static Vector Multiply(Vector a, Vector b) { return a * b; }
  static Vector Divide(Vector a, Vector b) { return a / b; }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return __builtin_fma(a, b, c);
  }
  static Vector NegatedFma(Vector a, Vector b, Vector c) {
    return __builtin_fma(-a, b, c);
  }
  static Vector GuessInverseRoot(Vector x) {
    return std::bit_cast<double>(kRootMagic - (std::bit_cast<int64_t>(x) >> 1));
  }
  static double Sum(const Vector (&p)[8]) {
    const double even = (p[0] + p[4]) + (p[2] + p[6]);
    const double odd = (p[1] + p[5]) + (p[3] + p[7]);
    return even + odd;
  }
  template <int kCount>
  static void StoreSums(const Vector (&packs)[kCount][8], double* to) {
    for (int i = 0; i < kCount; ++i) to[i] = Sum(packs[i]);
  }
};

constexpr FactorKernels kKernels = MakeFactorKernels<Scalar>();

}  // namespace

const FactorKernels& PortableFactorKernels() { return kKernels; }

}  // namespace fathom::worker::kernel
