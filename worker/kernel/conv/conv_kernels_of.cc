#include "worker/kernel/conv/conv_kernels_of.h"

#include "worker/kernel/conv/conv_isa.h"

namespace fathom::worker::kernel {

const ConvKernels& ConvKernelsOf(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return Avx512ConvKernels();
    case Isa::kAvx2:
      return Avx2ConvKernels();
    case Isa::kPortable:
      break;
  }
  return PortableConvKernels();
}

}  // namespace fathom::worker::kernel
