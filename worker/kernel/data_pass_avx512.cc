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
  static void Store(double* p, Vector v) { _mm512_store_pd(p, v); }
  static Vector Broadcast(const double* p) { return _mm512_set1_pd(*p); }
  static Vector Add(Vector a, Vector b) { return _mm512_add_pd(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm512_mul_pd(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm512_fmadd_pd(a, b, c);
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
