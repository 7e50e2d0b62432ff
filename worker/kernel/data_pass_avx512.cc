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
};

constexpr DataPassKernels kKernels = MakeKernels<Avx512>();

}  // namespace

const DataPassKernels& Avx512Kernels() { return kKernels; }

}  // namespace fathom::kernel
