// This file is compiled with -mavx2 -mfma; data_pass_isa.h says what such a
// file must not do.
#include <immintrin.h>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/pass/data_pass_kernel.h"

namespace fathom::worker::kernel {
namespace {

struct Avx2 {
  using Number = double;
  using Vector = __m256d;
  static constexpr int kLanes = 4;
  static constexpr int kMinPanels = 1;
  static constexpr int kMaxColumns = 6;
  static constexpr int kTurnedVectors = 3;
  static constexpr int kTurnedSums = 12;

  static Vector Zero() { return _mm256_setzero_pd(); }
  static Vector Load(const double* p) { return _mm256_load_pd(p); }
  static Vector Load(const float* p) { return _mm256_cvtps_pd(_mm_load_ps(p)); }
  static Vector LoadAnywhere(const double* p) { return _mm256_loadu_pd(p); }
  static void Store(double* p, Vector v) { _mm256_store_pd(p, v); }
  static void Store(float* p, Vector v) { _mm_store_ps(p, _mm256_cvtpd_ps(v)); }
  static void AddTo(double* p, Vector v) { Store(p, Add(Load(p), v)); }
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

struct Avx2Float {
  using Number = float;
  using Vector = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kMinPanels = 1;
  static constexpr int kMaxColumns = 6;
  static constexpr int kTurnedVectors = 3;
  static constexpr int kTurnedSums = 12;

  static Vector Zero() { return _mm256_setzero_ps(); }
  static Vector Load(const float* p) { return _mm256_load_ps(p); }
  static Vector LoadAnywhere(const double* p) {
    return _mm256_set_m128(_mm256_cvtpd_ps(_mm256_loadu_pd(p + 4)),
                           _mm256_cvtpd_ps(_mm256_loadu_pd(p)));
  }
  static void Store(float* p, Vector v) { _mm256_store_ps(p, v); }
  static Vector Broadcast(const float* p) { return _mm256_broadcast_ss(p); }
  static Vector Add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  static void AddTo(double* p, Vector v) {
    Avx2::AddTo(p, _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
    Avx2::AddTo(p + 4, _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
  }
  // Transposes by swapping blocks of 1, 2 and 4 entries across the diagonal.
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
};

constexpr DataPassKernels<double> kKernels = MakeKernels<Avx2, Avx2>();
constexpr DataPassKernels<float> kFloatKernels = MakeKernels<Avx2Float, Avx2>();

}  // namespace

const DataPassKernels<double>& Avx2Kernels() { return kKernels; }
const DataPassKernels<float>& Avx2FloatKernels() { return kFloatKernels; }

}  // namespace fathom::worker::kernel
