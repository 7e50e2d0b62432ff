#include <cstdint>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/pass/data_pass_kernel.h"

namespace fathom::worker::kernel {
namespace {

// Computes with one number at a time. On a machine without fused multiply-add
// the C library computes it, slowly but with the same bits.
struct Scalar {
  using Number = double;
  using Vector = double;
  static constexpr int kLanes = 1;
  static constexpr int kMinPanels = 1;
  static constexpr int kMaxColumns = 1;
  static constexpr int kTurnedVectors = 1;
  static constexpr int kTurnedSums = 8;

  static Vector Zero() { return 0; }
  static Vector Load(const double* p) { return *p; }
  static Vector Load(const float* p) { return *p; }
  static Vector LoadAnywhere(const double* p) { return *p; }
  static void Store(double* p, Vector v) { *p = v; }
  static void Store(float* p, Vector v) { *p = static_cast<float>(v); }
  static void AddTo(double* p, Vector v) { *p += v; }
  static Vector Broadcast(const double* p) { return *p; }
  static Vector Add(Vector a, Vector b) { return a + b; }
  static Vector Multiply(Vector a, Vector b) { return a * b; }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return __builtin_fma(a, b, c);
  }
  static void Transpose(Vector (&)[1]) {}
  static Vector Constant(double x) { return x; }
  static Vector Subtract(Vector a, Vector b) { return a - b; }
  static Vector Divide(Vector a, Vector b) { return a / b; }
  static Vector SelectLess(Vector a, Vector b, Vector x, Vector y) {
    return a < b ? x : y;
  }
  static Vector And(Vector a, Vector b) { return FromBits(Bits(a) & Bits(b)); }
  static Vector AndNot(Vector a, Vector b) {
    return FromBits(~Bits(a) & Bits(b));
  }
  static Vector Or(Vector a, Vector b) { return FromBits(Bits(a) | Bits(b)); }
  static Vector ShiftLeft52(Vector a) { return FromBits(Bits(a) << 52); }
  static Vector ShiftRight52(Vector a) { return FromBits(Bits(a) >> 52); }

 private:
  static uint64_t Bits(Vector a) { return __builtin_bit_cast(uint64_t, a); }
  static Vector FromBits(uint64_t a) { return __builtin_bit_cast(Vector, a); }
};

struct ScalarFloat {
  using Number = float;
  using Vector = float;
  static constexpr int kLanes = 1;
  static constexpr int kMinPanels = 1;
  static constexpr int kMaxColumns = 1;
  static constexpr int kTurnedVectors = 1;
  static constexpr int kTurnedSums = 8;

  static Vector Zero() { return 0; }
  static Vector Load(const float* p) { return *p; }
  static Vector LoadAnywhere(const double* p) { return static_cast<float>(*p); }
  static void Store(float* p, Vector v) { *p = v; }
  static void AddTo(double* p, Vector v) { *p += v; }
  static Vector Broadcast(const float* p) { return *p; }
  static Vector Add(Vector a, Vector b) { return a + b; }
  static Vector Multiply(Vector a, Vector b) { return a * b; }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return __builtin_fmaf(a, b, c);
  }
  static void Transpose(Vector (&)[1]) {}
};

constexpr DataPassKernels<double> kKernels = MakeKernels<Scalar, Scalar>();
constexpr DataPassKernels<float> kFloatKernels =
    MakeKernels<ScalarFloat, Scalar>();

}  // namespace

const DataPassKernels<double>& PortableKernels() { return kKernels; }
const DataPassKernels<float>& PortableFloatKernels() { return kFloatKernels; }

}  // namespace fathom::worker::kernel
