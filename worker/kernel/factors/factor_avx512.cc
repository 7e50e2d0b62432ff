// This file is compiled with -mavx512f; data_pass_isa.h says what such a file
// must not do.
#include <immintrin.h>

#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"
#include "worker/kernel/factors/factor_kernel.h"

namespace fathom::worker::kernel {
namespace {

struct Avx512 {
  using Vector = __m512d;
  using Mask = __mmask8;
  static constexpr int kLanes = 8;
  static constexpr int kSums = 24;
  static constexpr int kMaxRows = 8;

  static Mask Some(int64_t n) {
    return n >= kLanes ? 0xff : n <= 0 ? 0 : (1u << n) - 1;
  }
  static Vector Zero() { return _mm512_setzero_pd(); }
  static Vector Set(double x) { return _mm512_set1_pd(x); }
  static Vector Load(const double* p) { return _mm512_loadu_pd(p); }
  static Vector Load(const double* p, Mask m) {
    return _mm512_maskz_loadu_pd(m, p);
  }
  static void Store(double* p, Vector v) { _mm512_storeu_pd(p, v); }
  static void Store(double* p, Vector v, Mask m) {
    _mm512_mask_storeu_pd(p, m, v);
  }
  static Vector Add(Vector a, Vector b) { return _mm512_add_pd(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm512_mul_pd(a, b); }
  static Vector Divide(Vector a, Vector b) { return _mm512_div_pd(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm512_fmadd_pd(a, b, c);
  }
  static Vector NegatedFma(Vector a, Vector b, Vector c) {
    return _mm512_fnmadd_pd(a, b, c);
  }
  static Vector GuessInverseRoot(Vector x) {
    return (Vector)(kRootMagic - (__v8di)((__v8du)x >> 1));
  }
  static double Sum(Vector v) {
    const __m256d four = __builtin_shufflevector(v, v, 0, 1, 2, 3) +
                         __builtin_shufflevector(v, v, 4, 5, 6, 7);
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four),
                                   _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
  template <int kCount>
  static void StoreSums(const Vector (&packs)[kCount][1], double* to) {
    if constexpr (kCount == 8) {
      Vector pairs[4], fours[2];
      for (int i = 0; i < 4; ++i) {
        pairs[i] = Fold4(packs[2 * i][0], packs[2 * i + 1][0]);
      }
      for (int i = 0; i < 2; ++i) {
        fours[i] = Fold2(pairs[2 * i], pairs[2 * i + 1]);
      }
      Store(to, Fold1(fours[0], fours[1]));
    } else {
      for (int i = 0; i < kCount; ++i) to[i] = Sum(packs[i][0]);
    }
  }

 private:
  // Each does the additions of one level of the tree of DotProducts for all
  // numbers in two registers, and closes the gaps between the sums.
  static Vector Fold4(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
  static Vector Fold2(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) +
           __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
  }
  static Vector Fold1(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) +
           __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
  }
};

constexpr FactorKernels kKernels = MakeFactorKernels<Avx512>();

}  // namespace

const FactorKernels& Avx512FactorKernels() { return kKernels; }

}  // namespace fathom::worker::kernel
