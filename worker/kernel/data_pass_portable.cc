#include "worker/kernel/data_pass_isa.h"
#include "worker/kernel/data_pass_kernel.h"

namespace fathom::kernel {
namespace {

// One double at a time. Where the machine has no fused multiply-add the C
// library computes it, slowly but with the same bits.
struct Scalar {
  using Vector = double;
  static constexpr int kLanes = 1;
  static constexpr int kMinPanels = 1;
  static constexpr int kMaxColumns = 1;

  static Vector Zero() { return 0; }
  static Vector Load(const double* p) { return *p; }
  static void Store(double* p, Vector v) { *p = v; }
  static Vector Broadcast(const double* p) { return *p; }
  static Vector Add(Vector a, Vector b) { return a + b; }
  static Vector Multiply(Vector a, Vector b) { return a * b; }
  static Vector Fma(Vector a, Vector b, Vector c) {
    return __builtin_fma(a, b, c);
  }
};

constexpr DataPassKernels kKernels = MakeKernels<Scalar>();

}  // namespace

const DataPassKernels& PortableKernels() { return kKernels; }

}  // namespace fathom::kernel
