#ifndef FATHOM_WORKER_KERNEL_MODELS_BALANCEDNESS_H_
#define FATHOM_WORKER_KERNEL_MODELS_BALANCEDNESS_H_

#include <vector>

#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// Returns ||B^T B - A A^T||_F for neighbouring factors A = W_j (h x a) and B =
// W_{j+1} (b x h). Gradient flow without weight decay conserves the matrix
// between the bars. Cost: h^2 (a + b) flops; `scratch` grows to 16 h numbers.
double Imbalance(ConstMatrix a, ConstMatrix b, std::vector<double>& scratch);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_BALANCEDNESS_H_
