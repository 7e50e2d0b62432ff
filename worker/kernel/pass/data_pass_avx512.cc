// This file is compiled with -mavx512f; data_pass_isa.h says what such a file
// must not do.
#include <immintrin.h>

#include <cstdint>

#include "worker/kernel/pass/data_pass_isa.h"
#include "worker/kernel/pass/data_pass_kernel.h"

namespace fathom::worker::kernel {
namespace {

struct Avx512 {
  using Number = double;
  using Vector = __m512d;
  static constexpr int kLanes = 8;
  static constexpr int kMinPanels = 2;
  static constexpr int kMaxColumns = 12;
  static constexpr int kTurnedVectors = 2;
  static constexpr int kTurnedSums = 24;

  static Vector Zero() { return _mm512_setzero_pd(); }
  static Vector Load(const double* p) { return _mm512_load_pd(p); }
  static Vector Load(const float* p) { return Widen(_mm256_load_ps(p)); }
  static Vector LoadAnywhere(const double* p) { return _mm512_loadu_pd(p); }
  static void Store(double* p, Vector v) { _mm512_store_pd(p, v); }
  static void Store(float* p, Vector v) { _mm256_store_ps(p, Narrow(v)); }
  static void AddTo(double* p, Vector v) { Store(p, Add(Load(p), v)); }
  static Vector Broadcast(const double* p) { return _mm512_set1_pd(*p); }
  static Vector Add(Vector a, Vector b) { return _mm512_add_pd(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm512_mul_pd(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm512_fmadd_pd(a, b, c);
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
  static Vector Constant(double x) { return _mm512_set1_pd(x); }
  static Vector Subtract(Vector a, Vector b) { return _mm512_sub_pd(a, b); }
  static Vector Divide(Vector a, Vector b) { return _mm512_div_pd(a, b); }
  static Vector SelectLess(Vector a, Vector b, Vector x, Vector y) {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), y, x);
  }
  // These two use masks, because some versions of GCC warn of the plain
  // intrinsics.
  static Vector Widen(__m256 v) { return _mm512_maskz_cvtps_pd(0xff, v); }
  static __m256 Narrow(Vector v) { return _mm512_maskz_cvtpd_ps(0xff, v); }
  // These use operators of the compiler for the same reason.
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

struct Avx512Float {
  using Number = float;
  using Vector = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kMinPanels = 2;
  static constexpr int kMaxColumns = 12;
  static constexpr int kTurnedVectors = 2;
  static constexpr int kTurnedSums = 24;

  static Vector Zero() { return _mm512_setzero_ps(); }
  static Vector Load(const float* p) { return _mm512_load_ps(p); }
  static Vector LoadAnywhere(const double* p) {
    return __builtin_shufflevector(Avx512::Narrow(_mm512_loadu_pd(p)),
                                   Avx512::Narrow(_mm512_loadu_pd(p + 8)), 0, 1,
                                   2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                                   15);
  }
  static void Store(float* p, Vector v) { _mm512_store_ps(p, v); }
  static Vector Broadcast(const float* p) { return _mm512_set1_ps(*p); }
  static Vector Add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  static void AddTo(double* p, Vector v) {
    const __m256 low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
    const __m256 high =
        __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    Avx512::AddTo(p, Avx512::Widen(low));
    Avx512::AddTo(p + 8, Avx512::Widen(high));
  }
  // Transposes by swapping blocks of 1, 2, 4 and 8 entries across the diagonal.
  static void Transpose(Vector (&t)[16]) {
    for (int i = 0; i < 16; i += 2) Swap1(t[i], t[i + 1]);
    for (int i = 0; i < 16; ++i) {
      if ((i & 2) == 0) Swap2(t[i], t[i + 2]);
    }
    for (int i = 0; i < 16; ++i) {
      if ((i & 4) == 0) Swap4(t[i], t[i + 4]);
    }
    for (int i = 0; i < 8; ++i) Swap8(t[i], t[i + 8]);
  }

 private:
  static void Swap1(Vector& a, Vector& b) {
    const Vector x = a;
    a = __builtin_shufflevector(x, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26,
                                12, 28, 14, 30);
    b = __builtin_shufflevector(x, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27,
                                13, 29, 15, 31);
  }
  static void Swap2(Vector& a, Vector& b) {
    const Vector x = a;
    a = __builtin_shufflevector(x, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25,
                                12, 13, 28, 29);
    b = __builtin_shufflevector(x, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26,
                                27, 14, 15, 30, 31);
  }
  static void Swap4(Vector& a, Vector& b) {
    const Vector x = a;
    a = __builtin_shufflevector(x, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11,
                                24, 25, 26, 27);
    b = __builtin_shufflevector(x, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14,
                                15, 28, 29, 30, 31);
  }
  static void Swap8(Vector& a, Vector& b) {
    const Vector x = a;
    a = __builtin_shufflevector(x, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19,
                                20, 21, 22, 23);
    b = __builtin_shufflevector(x, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26,
                                27, 28, 29, 30, 31);
  }
};

constexpr DataPassKernels<double> kKernels = MakeKernels<Avx512, Avx512>();
constexpr DataPassKernels<float> kFloatKernels =
    MakeKernels<Avx512Float, Avx512>();

}  // namespace

const DataPassKernels<double>& Avx512Kernels() { return kKernels; }
const DataPassKernels<float>& Avx512FloatKernels() { return kFloatKernels; }

}  // namespace fathom::worker::kernel
