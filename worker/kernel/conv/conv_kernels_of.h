#ifndef FATHOM_WORKER_KERNEL_CONV_CONV_KERNELS_OF_H_
#define FATHOM_WORKER_KERNEL_CONV_CONV_KERNELS_OF_H_

#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {

struct ConvKernels;  // conv_isa.h

// Returns the loops of an instruction set, which the machine must support.
const ConvKernels& ConvKernelsOf(Isa isa);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_CONV_KERNELS_OF_H_
