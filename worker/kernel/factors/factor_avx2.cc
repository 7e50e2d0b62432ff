// This file is compiled with -mavx2 -mfma; data_pass_isa.h says what such a
// file must not do.
#include <immintrin.h>

#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"
#include "worker/kernel/factors/factor_kernel.h"

namespace fathom::worker::kernel {
namespace {

struct Avx2 {
  using Vector = __m256d;
  using Mask = __m256i;
  static constexpr int kLanes = 4;
  static constexpr int kSums = 12;
  static constexpr int kMaxRows = 4;

  static Mask Some(int64_t n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n),
                              _mm256_setr_epi64x(0, 1, 2, 3));
  }
  static Vector Zero() { return _mm256_setzero_pd(); }
  static Vector Set(double x) { return _mm256_set1_pd(x); }
  static Vector Load(const double* p) { return _mm256_loadu_pd(p); }
  static Vector Load(const double* p, Mask m) {
    return _mm256_maskload_pd(p, m);
  }
  static void Store(double* p, Vector v) { _mm256_storeu_pd(p, v); }
  static void Store(double* p, Vector v, Mask m) {
    _mm256_maskstore_pd(p, m, v);
  }
  static Vector Add(Vector a, Vector b) { return _mm256_add_pd(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm256_mul_pd(a, b); }
  static Vector Divide(Vector a, Vector b) { return _mm256_div_pd(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm256_fmadd_pd(a, b, c);
  }
  static Vector NegatedFma(Vector a, Vector b, Vector c) {
    return _mm256_fnmadd_pd(a, b, c);
  }
  static Vector GuessInverseRoot(Vector x) {
    return (Vector)(kRootMagic - (__v4di)((__v4du)x >> 1));
  }
  static double Sum(const Vector (&pack)[2]) {
    const __m256d four = _mm256_add_pd(pack[0], pack[1]);
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four),
                                   _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
  template <int kCount>
  static void StoreSums(const Vector (&packs)[kCount][2], double* to) {
    for (int i = 0; i < kCount; ++i) to[i] = Sum(packs[i]);
  }
};

constexpr FactorKernels kKernels = MakeFactorKernels<Avx2>();

}  // namespace

const FactorKernels& Avx2FactorKernels() { return kKernels; }

}  // namespace fathom::worker::kernel
