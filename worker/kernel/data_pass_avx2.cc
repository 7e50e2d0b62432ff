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
  static void Store(double* p, Vector v) { _mm256_store_pd(p, v); }
  static Vector Broadcast(const double* p) { return _mm256_broadcast_sd(p); }
  static Vector Add(Vector a, Vector b) { return _mm256_add_pd(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm256_mul_pd(a, b); }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return _mm256_fmadd_pd(a, b, c);
  }
};

constexpr DataPassKernels kKernels = MakeKernels<Avx2>();

}  // namespace

const DataPassKernels& Avx2Kernels() { return kKernels; }

}  // namespace fathom::kernel
