// Compiled with -mavx2 -mfma: see data_pass_isa.h for what must not be done
// here.
#include <immintrin.h>

#include "worker/kernel/conv/conv_isa.h"
#include "worker/kernel/conv/conv_kernel.h"

namespace fathom::worker::kernel {
namespace {

struct Avx2 {
  using Vector = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kDoubles = 4;
  static constexpr int kMaxRows = 6;
  static constexpr int kMaxBlocks = 1;

  static Vector Zero() { return _mm256_setzero_ps(); }
  static Vector Load(const float* p) { return _mm256_load_ps(p); }
  static void Store(float* p, Vector v) { _mm256_store_ps(p, v); }
  static Vector Set(float x) { return _mm256_set1_ps(x); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  static __m256d Fma(__m256d a, __m256d b, __m256d c) {
    return _mm256_fmadd_pd(a, b, c);
  }
};

constexpr ConvKernels kKernels = MakeConvKernels<Avx2>();

}  // namespace

const ConvKernels& Avx2ConvKernels() { return kKernels; }

}  // namespace fathom::worker::kernel
