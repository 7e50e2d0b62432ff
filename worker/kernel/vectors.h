#ifndef FATHOM_WORKER_KERNEL_VECTORS_H_
#define FATHOM_WORKER_KERNEL_VECTORS_H_

#include <stdint.h>

#include <utility>

#include "worker/kernel/isa.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// The vectors of the instruction set that a file is compiled for, which the
// build names: FATHOM_ISA is an enumerator of Isa. Only the files *_loops.cc,
// which are compiled once for each instruction set, include this.
//
// Such a file must not emit any function that another file could share: the
// linker keeps one copy, perhaps that of a wider instruction set, and the
// program would then crash on an older machine. All of this is in an unnamed
// namespace therefore, so that templates over these vectors are internal to the
// file, and of the standard library there are only types.
//
// Vectors are those of the compiler, with its operators. What it has not, or
// compiles badly, is written for each instruction set: fused products, floats
// widened and narrowed, and registers of which memory holds a part.
namespace fathom::worker::kernel {
namespace {

inline constexpr Isa kIsa = Isa::FATHOM_ISA;
inline constexpr int kRegisterBytes = kIsa == Isa::kAvx512 ? 64
                                      : kIsa == Isa::kAvx2 ? 32
                                                           : 16;

template <class T, int kCount>
struct VectorOf {
  using Type [[gnu::vector_size(sizeof(T) * kCount)]] = T;
  using InMemory [[gnu::aligned(alignof(T)), gnu::may_alias]] = Type;
};
template <class T, int kCount>
using Lanes = typename VectorOf<T, kCount>::Type;

// Read and write kCount numbers.
template <int kCount, class T>
Lanes<T, kCount> Read(const T* p) {
  return *reinterpret_cast<const typename VectorOf<T, kCount>::InMemory*>(p);
}
template <int kCount, class T>
void Write(T* p, Lanes<T, kCount> v) {
  *reinterpret_cast<typename VectorOf<T, kCount>::InMemory*>(p) = v;
}

// The operations that are written for each instruction set:
//   FusedMultiplyAdd(a, b, c)     a b + c, rounded once
//   NegatedMultiplyAdd(a, b, c)   c - a b, rounded once
//   Widen(v) Narrow(v)            floats to doubles, exact, and back, rounded
//   FirstLanes(n) LoadFirst(p, m) StoreFirst(p, v, m)
//                                 the first n doubles of a register, see
//                                 Doubles
#if defined(__AVX512F__)
static_assert(kIsa == Isa::kAvx512, "-mavx512f is for files of kAvx512");
inline __m512d FusedMultiplyAdd(__m512d a, __m512d b, __m512d c) {
  return _mm512_fmadd_pd(a, b, c);
}
inline __m512 FusedMultiplyAdd(__m512 a, __m512 b, __m512 c) {
  return _mm512_fmadd_ps(a, b, c);
}
inline __m512d NegatedMultiplyAdd(__m512d a, __m512d b, __m512d c) {
  return _mm512_fnmadd_pd(a, b, c);
}
// These two use masks, because some versions of GCC warn of the plain
// intrinsics.
inline __m512d Widen(__m256 v) { return _mm512_maskz_cvtps_pd(0xff, v); }
inline __m256 Narrow(__m512d v) { return _mm512_maskz_cvtpd_ps(0xff, v); }
using Mask = __mmask8;
inline Mask FirstLanes(int64_t n) {
  return n >= 8 ? 0xff : n <= 0 ? 0 : (1u << n) - 1;
}
inline __m512d LoadFirst(const double* p, Mask m) {
  return _mm512_maskz_loadu_pd(m, p);
}
inline void StoreFirst(double* p, __m512d v, Mask m) {
  _mm512_mask_storeu_pd(p, m, v);
}
#elif defined(__AVX2__) && defined(__FMA__)
static_assert(kIsa == Isa::kAvx2, "-mavx2 -mfma is for files of kAvx2");
inline __m256d FusedMultiplyAdd(__m256d a, __m256d b, __m256d c) {
  return _mm256_fmadd_pd(a, b, c);
}
inline __m256 FusedMultiplyAdd(__m256 a, __m256 b, __m256 c) {
  return _mm256_fmadd_ps(a, b, c);
}
inline __m256d NegatedMultiplyAdd(__m256d a, __m256d b, __m256d c) {
  return _mm256_fnmadd_pd(a, b, c);
}
inline __m256d Widen(__m128 v) { return _mm256_cvtps_pd(v); }
inline __m128 Narrow(__m256d v) { return _mm256_cvtpd_ps(v); }
using Mask = __m256i;
inline Mask FirstLanes(int64_t n) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n),
                            _mm256_setr_epi64x(0, 1, 2, 3));
}
inline __m256d LoadFirst(const double* p, Mask m) {
  return _mm256_maskload_pd(p, m);
}
inline void StoreFirst(double* p, __m256d v, Mask m) {
  _mm256_maskstore_pd(p, m, v);
}
#else
static_assert(kIsa == Isa::kPortable || kIsa == Isa::kNeon,
              "the file lacks the options of its instruction set");
// Without an instruction for it the C library computes it, slowly but with the
// same bits.
inline Lanes<double, 2> FusedMultiplyAdd(Lanes<double, 2> a, Lanes<double, 2> b,
                                         Lanes<double, 2> c) {
#if defined(__aarch64__)
  if (kIsa == Isa::kNeon) return vfmaq_f64(c, a, b);
#endif
  return Lanes<double, 2>{__builtin_fma(a[0], b[0], c[0]),
                          __builtin_fma(a[1], b[1], c[1])};
}
inline Lanes<float, 4> FusedMultiplyAdd(Lanes<float, 4> a, Lanes<float, 4> b,
                                        Lanes<float, 4> c) {
#if defined(__aarch64__)
  if (kIsa == Isa::kNeon) return vfmaq_f32(c, a, b);
#endif
  return Lanes<float, 4>{
      __builtin_fmaf(a[0], b[0], c[0]), __builtin_fmaf(a[1], b[1], c[1]),
      __builtin_fmaf(a[2], b[2], c[2]), __builtin_fmaf(a[3], b[3], c[3])};
}
inline Lanes<double, 2> NegatedMultiplyAdd(Lanes<double, 2> a,
                                           Lanes<double, 2> b,
                                           Lanes<double, 2> c) {
  return FusedMultiplyAdd(-a, b, c);
}
inline Lanes<double, 2> Widen(Lanes<float, 2> v) {
  return __builtin_convertvector(v, Lanes<double, 2>);
}
inline Lanes<float, 2> Narrow(Lanes<double, 2> v) {
  return __builtin_convertvector(v, Lanes<float, 2>);
}
using Mask = int64_t;
inline Mask FirstLanes(int64_t n) { return n; }
inline Lanes<double, 2> LoadFirst(const double* p, Mask m) {
  return Lanes<double, 2>{m > 0 ? p[0] : 0, m > 1 ? p[1] : 0};
}
inline void StoreFirst(double* p, Lanes<double, 2> v, Mask m) {
  if (m > 0) p[0] = v[0];
  if (m > 1) p[1] = v[1];
}
#endif

// What all registers of T = double or float can do. Pointers need no alignment.
template <class T>
struct Vectors {
  using Number = T;
  static constexpr int kLanes = kRegisterBytes / sizeof(T);
  using Vector = Lanes<T, kLanes>;

  static Vector Zero() { return Vector{}; }
  // x - 0 is x, also for x = -0.
  static Vector Set(T x) { return x - Vector{}; }
  static Vector Load(const T* p) { return Read<kLanes>(p); }
  static void Store(T* p, Vector v) { Write<kLanes>(p, v); }
  static Vector Add(Vector a, Vector b) { return a + b; }
  static Vector Subtract(Vector a, Vector b) { return a - b; }
  static Vector Multiply(Vector a, Vector b) { return a * b; }
  static Vector Divide(Vector a, Vector b) { return a / b; }
  // Return a b + c and c - a b, rounded once.
  static Vector Fma(Vector a, Vector b, Vector c) {
    return FusedMultiplyAdd(a, b, c);
  }
  static Vector NegatedFma(Vector a, Vector b, Vector c) {
    return NegatedMultiplyAdd(a, b, c);
  }
  // Transposes a square by swapping blocks of kBlock entries across the
  // diagonal, then blocks of twice as many.
  template <int kBlock = 1>
  static void Transpose(Vector (&t)[kLanes]) {
    if constexpr (kBlock < kLanes) {
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) {
        if ((i & kBlock) == 0) Swap<kBlock>(t[i], t[i + kBlock], Indices());
      }
      Transpose<2 * kBlock>(t);
    }
  }

 protected:
  using Indices = std::make_integer_sequence<int, kLanes>;
  using HalfIndices = std::make_integer_sequence<int, kLanes / 2>;

  // Returns half of a vector, from an index on.
  template <int kFirst, class V, int... i>
  static auto Part(V v, std::integer_sequence<int, i...>) {
    return __builtin_shufflevector(v, v, (kFirst + i)...);
  }

 private:
  template <int kBlock, int... i>
  static void Swap(Vector& a, Vector& b, std::integer_sequence<int, i...>) {
    const Vector x = a;
    a = __builtin_shufflevector(x, b,
                                (i & kBlock ? kLanes + i - kBlock : i)...);
    b = __builtin_shufflevector(x, b,
                                (i & kBlock ? kLanes + i : i + kBlock)...);
  }
};

struct Doubles : Vectors<double> {
  using Vectors::Load;
  using Vectors::Store;
  using Mask = kernel::Mask;

  // Of floats: exact, and rounded.
  static Vector Load(const float* p) { return Widen(Read<kLanes>(p)); }
  static void Store(float* p, Vector v) { Write<kLanes>(p, Narrow(v)); }
  // The first n lanes; all for n >= kLanes, none for n <= 0. Lanes that a mask
  // leaves out are neither read nor written, and load zero.
  static Mask Some(int64_t n) { return FirstLanes(n); }
  static Vector Load(const double* p, Mask m) { return LoadFirst(p, m); }
  static void Store(double* p, Vector v, Mask m) { StoreFirst(p, v, m); }
  // Adds to kLanes doubles.
  static void AddTo(double* p, Vector v) { Store(p, Load(p) + v); }

  // Returns x where a < b, else y, also for NaN.
  static Vector SelectLess(Vector a, Vector b, Vector x, Vector y) {
    return a < b ? x : y;
  }
  // Of the bits; AndNot is ~a & b, and zeros are shifted in.
  static Vector And(Vector a, Vector b) { return FromBits(Bits(a) & Bits(b)); }
  static Vector AndNot(Vector a, Vector b) {
    return FromBits(~Bits(a) & Bits(b));
  }
  static Vector Or(Vector a, Vector b) { return FromBits(Bits(a) | Bits(b)); }
  static Vector ShiftLeft52(Vector a) { return FromBits(Bits(a) << 52); }
  static Vector ShiftRight52(Vector a) { return FromBits(Bits(a) >> 52); }
  // Returns `magic` - (the bits of x >> 1).
  static Vector SubtractHalfBits(uint64_t magic, Vector x) {
    return FromBits(magic - (Bits(x) >> 1));
  }

  // Stores the sums of kCount packs of registers, each added as a tree: the
  // second half of the numbers to the first, until one is left.
  template <int kCount, int kPack>
  static void StoreSums(const Vector (&packs)[kCount][kPack], double* to) {
    Vector sums[kCount];
#pragma GCC unroll 16
    for (int i = 0; i < kCount; ++i) sums[i] = AddUp<kPack>(packs[i]);
    if constexpr (kCount == kLanes) {
      Fold<kLanes / 2>(sums);
      Store(to, sums[0]);
    } else {
#pragma GCC unroll 16
      for (int i = 0; i < kCount; ++i) to[i] = AddUp<kLanes>(sums[i]);
    }
  }

 private:
  using Words = Lanes<uint64_t, kLanes>;
  static Words Bits(Vector a) { return reinterpret_cast<Words>(a); }
  static Vector FromBits(Words a) { return reinterpret_cast<Vector>(a); }

  // The tree over registers, and over the numbers of one.
  template <int kPack>
  static Vector AddUp(const Vector* pack) {
    if constexpr (kPack == 1) {
      return pack[0];
    } else {
      Vector half[kPack / 2];
#pragma GCC unroll 16
      for (int i = 0; i < kPack / 2; ++i)
        half[i] = pack[i] + pack[i + kPack / 2];
      return AddUp<kPack / 2>(half);
    }
  }
  template <int kCount>
  static double AddUp(Lanes<double, kCount> v) {
    if constexpr (kCount == 2) {
      return v[0] + v[1];
    } else {
      using Half = std::make_integer_sequence<int, kCount / 2>;
      return AddUp<kCount / 2>(Part<0>(v, Half()) +
                               Part<kCount / 2>(v, Half()));
    }
  }
  // Does one level of the tree after another for all registers at once, and
  // closes the gaps between the sums.
  template <int kBlock>
  static void Fold(Vector* sums) {
    if constexpr (kBlock > 0) {
#pragma GCC unroll 16
      for (int i = 0; i < kBlock; ++i) {
        sums[i] = FoldTwo<kBlock>(sums[2 * i], sums[2 * i + 1], Indices());
      }
      Fold<kBlock / 2>(sums);
    }
  }
  template <int kBlock, int... i>
  static Vector FoldTwo(Vector a, Vector b, std::integer_sequence<int, i...>) {
    return __builtin_shufflevector(a, b, (i / kBlock * kBlock + i)...) +
           __builtin_shufflevector(a, b, (i / kBlock * kBlock + i + kBlock)...);
  }
};

struct Floats : Vectors<float> {
  using Vectors::Load;

  // kLanes doubles, rounded.
  static Vector Load(const double* p) {
    return Join(Narrow(Doubles::Load(p)), Narrow(Doubles::Load(p + kLanes / 2)),
                Indices());
  }
  // Adds to kLanes doubles, in double.
  static void AddTo(double* p, Vector v) {
    Doubles::AddTo(p, Widen(Part<0>(v, HalfIndices())));
    Doubles::AddTo(p + kLanes / 2, Widen(Part<kLanes / 2>(v, HalfIndices())));
  }

 private:
  using Half = Lanes<float, kLanes / 2>;
  template <int... i>
  static Vector Join(Half a, Half b, std::integer_sequence<int, i...>) {
    return __builtin_shufflevector(a, b, i...);
  }
};

}  // namespace
}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_VECTORS_H_
