#include "worker/kernel/conv/conv_kernels_of.h"

#include "worker/kernel/conv/conv_isa.h"

namespace fathom::worker::kernel {

const ConvKernels& ConvKernelsOf(Isa isa) {
  return ForIsa(
      isa, []<Isa kIsa>() -> const ConvKernels& { return ConvLoops<kIsa>(); });
}

}  // namespace fathom::worker::kernel
