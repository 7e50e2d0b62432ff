#ifndef FATHOM_WORKER_KERNEL_CONV_VECTORS_H_
#define FATHOM_WORKER_KERNEL_CONV_VECTORS_H_

#include <cstdint>

// Vectors of the compiler, of which it makes instructions of the set that it
// compiles for. A template over the kernels' own vector type, which lives in an
// unnamed namespace: what comes of it is internal to a file too.
namespace fathom::worker::kernel {

template <int kLanes>
struct VectorTypes {
  using Doubles [[gnu::vector_size(8 * kLanes)]] = double;
  using Words [[gnu::vector_size(8 * kLanes)]] = uint64_t;
  using Floats [[gnu::vector_size(4 * kLanes)]] = float;
  using Integers [[gnu::vector_size(4 * kLanes)]] = int32_t;
  using Bytes [[gnu::vector_size(kLanes)]] = uint8_t;
};

// The doubles that vector_math.h computes with. V has
//   kDoubles       how many of them a register holds
//   Fma(a, b, c)   a b + c of Doubles<V>::Vector, rounded once
template <class V>
struct Doubles {
  static constexpr int kLanes = V::kDoubles;
  using Vector = typename VectorTypes<kLanes>::Doubles;
  using Words = typename VectorTypes<kLanes>::Words;
  using Floats = typename VectorTypes<kLanes>::Floats;

  static Vector Zero() { return Vector{}; }
  static Vector Constant(double x) { return x - Vector{}; }
  static Vector Load(const float* p) {
    return __builtin_convertvector(*reinterpret_cast<const Floats*>(p), Vector);
  }
  static void Store(float* p, Vector v) {
    *reinterpret_cast<Floats*>(p) = __builtin_convertvector(v, Floats);
  }
  static Vector Add(Vector a, Vector b) { return a + b; }
  static Vector Subtract(Vector a, Vector b) { return a - b; }
  static Vector Multiply(Vector a, Vector b) { return a * b; }
  static Vector Divide(Vector a, Vector b) { return a / b; }
  static Vector Fma(Vector a, Vector b, Vector c) { return V::Fma(a, b, c); }
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
  static Words Bits(Vector a) { return reinterpret_cast<Words>(a); }
  static Vector FromBits(Words a) { return reinterpret_cast<Vector>(a); }
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_VECTORS_H_
