#include "worker/kernel/pass/kernels_of.h"

#include "worker/kernel/pass/data_pass_isa.h"

namespace fathom::worker::kernel {

template <>
const DataPassKernels<double>& KernelsOf(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return Avx512Kernels();
    case Isa::kAvx2:
      return Avx2Kernels();
    case Isa::kPortable:
      break;
  }
  return PortableKernels();
}

template <>
const DataPassKernels<float>& KernelsOf(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return Avx512FloatKernels();
    case Isa::kAvx2:
      return Avx2FloatKernels();
    case Isa::kPortable:
      break;
  }
  return PortableFloatKernels();
}

}  // namespace fathom::worker::kernel
