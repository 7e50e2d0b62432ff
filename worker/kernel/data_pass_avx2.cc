// Compiled with -mavx2 -mfma: see data_pass_isa.h for what must not be done
// here.
#include <immintrin.h>

#include "worker/kernel/data_pass_isa.h"
#include "worker/kernel/data_pass_kernel.h"

namespace fathom::kernel {
namespace {

struct Avx2 {
  using Vector = __m256d;
  static constexpr int kLanes = 4;
  static constexpr int kMinPanels = 1;
  static constexpr int kMaxColumns = 6;

  static Vector Zero() { return _mm256_setzero_pd(); }
  static Vector Load(const double* p) { return _mm256_load_pd(p); }
  static Vector LoadAnywhere(const double* p) { return _mm256_loadu_pd(p); }
  static void Store(double* p, Vector v) { _mm256_store_pd(p, v); }
  static Vector Broadcast(const double* p) { return _mm256_broadcast_sd(p); }
  static Vector Add(Vector a, Vector b) { return _mm256_add_pd(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm256_mul_pd(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm256_fmadd_pd(a, b, c);
  }
  static void Transpose(Vector (&t)[4]) {
    const Vector a = _mm256_unpacklo_pd(t[0], t[1]);
    const Vector b = _mm256_unpackhi_pd(t[0], t[1]);
    const Vector c = _mm256_unpacklo_pd(t[2], t[3]);
    const Vector d = _mm256_unpackhi_pd(t[2], t[3]);
    t[0] = _mm256_permute2f128_pd(a, c, 0x20);
    t[1] = _mm256_permute2f128_pd(b, d, 0x20);
    t[2] = _mm256_permute2f128_pd(a, c, 0x31);
    t[3] = _mm256_permute2f128_pd(b, d, 0x31);
  }
  static Vector Constant(double x) { return _mm256_set1_pd(x); }
  static Vector Subtract(Vector a, Vector b) { return _mm256_sub_pd(a, b); }
  static Vector Divide(Vector a, Vector b) { return _mm256_div_pd(a, b); }
  static Vector SelectLess(Vector a, Vector b, Vector x, Vector y) {
    return _mm256_blendv_pd(y, x, _mm256_cmp_pd(a, b, _CMP_LT_OQ));
  }
  static Vector And(Vector a, Vector b) { return _mm256_and_pd(a, b); }
  static Vector AndNot(Vector a, Vector b) { return _mm256_andnot_pd(a, b); }
  static Vector Or(Vector a, Vector b) { return _mm256_or_pd(a, b); }
  static Vector ShiftLeft52(Vector a) {
    return _mm256_castsi256_pd(_mm256_slli_epi64(_mm256_castpd_si256(a), 52));
  }
  static Vector ShiftRight52(Vector a) {
    return _mm256_castsi256_pd(_mm256_srli_epi64(_mm256_castpd_si256(a), 52));
  }
};

constexpr DataPassKernels kKernels = MakeKernels<Avx2>();

}  // namespace

const DataPassKernels& Avx2Kernels() { return kKernels; }

}  // namespace fathom::kernel
