// Compiled with -mavx512f: see data_pass_isa.h for what must not be done here.
#include <immintrin.h>

#include "worker/kernel/data_pass_isa.h"
#include "worker/kernel/data_pass_kernel.h"

namespace fathom::kernel {
namespace {

struct Avx512 {
  using Vector = __m512d;
  static constexpr int kLanes = 8;
  static constexpr int kMinPanels = 2;
  static constexpr int kMaxColumns = 12;

  static Vector Zero() { return _mm512_setzero_pd(); }
  static Vector Load(const double* p) { return _mm512_load_pd(p); }
  static Vector LoadAnywhere(const double* p) { return _mm512_loadu_pd(p); }
  static void Store(double* p, Vector v) { _mm512_store_pd(p, v); }
  static Vector Broadcast(const double* p) { return _mm512_set1_pd(*p); }
  static Vector Add(Vector a, Vector b) { return _mm512_add_pd(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm512_mul_pd(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm512_fmadd_pd(a, b, c);
  }
  // Swaps blocks of 1, 2 and 4 entries across the diagonal.
  static void Transpose(Vector (&t)[8]) {
    const auto swap1 = [](Vector& a, Vector& b) {
      const Vector x = a;
      a = __builtin_shufflevector(x, b, 0, 8, 2, 10, 4, 12, 6, 14);
      b = __builtin_shufflevector(x, b, 1, 9, 3, 11, 5, 13, 7, 15);
    };
    const auto swap2 = [](Vector& a, Vector& b) {
      const Vector x = a;
      a = __builtin_shufflevector(x, b, 0, 1, 8, 9, 4, 5, 12, 13);
      b = __builtin_shufflevector(x, b, 2, 3, 10, 11, 6, 7, 14, 15);
    };
    const auto swap4 = [](Vector& a, Vector& b) {
      const Vector x = a;
      a = __builtin_shufflevector(x, b, 0, 1, 2, 3, 8, 9, 10, 11);
      b = __builtin_shufflevector(x, b, 4, 5, 6, 7, 12, 13, 14, 15);
    };
    swap1(t[0], t[1]), swap1(t[2], t[3]), swap1(t[4], t[5]), swap1(t[6], t[7]);
    swap2(t[0], t[2]), swap2(t[1], t[3]), swap2(t[4], t[6]), swap2(t[5], t[7]);
    swap4(t[0], t[4]), swap4(t[1], t[5]), swap4(t[2], t[6]), swap4(t[3], t[7]);
  }
  static Vector Constant(double x) { return _mm512_set1_pd(x); }
  static Vector Subtract(Vector a, Vector b) { return _mm512_sub_pd(a, b); }
  static Vector Divide(Vector a, Vector b) { return _mm512_div_pd(a, b); }
  static Vector SelectLess(Vector a, Vector b, Vector x, Vector y) {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), y, x);
  }
  // Operators, as some versions of GCC warn of their own intrinsics here.
  static Vector And(Vector a, Vector b) { return FromBits(Bits(a) & Bits(b)); }
  static Vector AndNot(Vector a, Vector b) {
    return FromBits(~Bits(a) & Bits(b));
  }
  static Vector Or(Vector a, Vector b) { return FromBits(Bits(a) | Bits(b)); }
  static Vector ShiftLeft52(Vector a) { return FromBits(Bits(a) << 52); }
  static Vector ShiftRight52(Vector a) { return FromBits(Bits(a) >> 52); }

 private:
  using Words [[gnu::vector_size(64)]] = uint64_t;
  static Words Bits(Vector a) { return reinterpret_cast<Words>(a); }
  static Vector FromBits(Words a) { return reinterpret_cast<Vector>(a); }
};

constexpr DataPassKernels kKernels = MakeKernels<Avx512>();

}  // namespace

const DataPassKernels& Avx512Kernels() { return kKernels; }

}  // namespace fathom::kernel
