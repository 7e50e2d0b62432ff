#include "worker/kernel/pass/kernels_of.h"

#include "worker/kernel/pass/data_pass_isa.h"

namespace fathom::worker::kernel {

template <class T>
const DataPassKernels<T>& KernelsOf(Isa isa) {
  return ForIsa(isa, []<Isa kIsa>() -> const DataPassKernels<T>& {
    return DataPassLoops<T, kIsa>();
  });
}

template const DataPassKernels<double>& KernelsOf(Isa isa);
template const DataPassKernels<float>& KernelsOf(Isa isa);

}  // namespace fathom::worker::kernel
