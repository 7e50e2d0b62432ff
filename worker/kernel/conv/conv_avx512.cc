// Compiled with -mavx512f: see data_pass_isa.h for what must not be done here.
#include <immintrin.h>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernel.h"

namespace fathom::worker::kernel {
namespace {

struct Avx512 {
  using Vector = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kDoubles = 8;
  static constexpr int kMaxRows = 14;
  static constexpr int kMaxBlocks = 2;

  static Vector Zero() { return _mm512_setzero_ps(); }
  static Vector Load(const float* p) { return _mm512_load_ps(p); }
  static void Store(float* p, Vector v) { _mm512_store_ps(p, v); }
  static Vector Set(float x) { return _mm512_set1_ps(x); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  static __m512d Fma(__m512d a, __m512d b, __m512d c) {
    return _mm512_fmadd_pd(a, b, c);
  }
};

constexpr ConvKernels kKernels = MakeConvKernels<Avx512>();

}  // namespace

const ConvKernels& Avx512ConvKernels() { return kKernels; }

}  // namespace fathom::worker::kernel
