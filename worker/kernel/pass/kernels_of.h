#ifndef FATHOM_WORKER_KERNEL_PASS_KERNELS_OF_H_
#define FATHOM_WORKER_KERNEL_PASS_KERNELS_OF_H_

#include "worker/kernel/isa.h"

namespace fathom::worker::kernel {

template <class T>
struct DataPassKernels;  // data_pass_isa.h

// Returns the loops of an instruction set, which the machine must support, for
// T = double or float.
template <class T>
const DataPassKernels<T>& KernelsOf(Isa isa);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_KERNELS_OF_H_
