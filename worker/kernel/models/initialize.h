#ifndef FATHOM_WORKER_KERNEL_MODELS_INITIALIZE_H_
#define FATHOM_WORKER_KERNEL_MODELS_INITIALIZE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "worker/kernel/models/linear_net.h"
#include "worker/kernel/models/scalar_product.h"

// Sets models to their starts. All starts are deterministic to the last bit.
namespace fathom::worker::kernel {

// Draws every entry from N(0, std^2). W_j does not depend on the shapes of
// other factors.
void InitializeGaussian(uint64_t seed, double std, LinearNet& net);

// Draws every entry as InitializeGaussian does, and adds 1 on the diagonal of
// every factor, square or not.
void InitializeIdentity(uint64_t seed, double std, LinearNet& net);

// Sets W_1 = S^(1/N) V^T, W_j = S^(1/N) and W_N = U S^(1/N), padded with zeros
// to the widths, for the end-to-end matrix A = U S V^T (k x d, row by row). The
// factors are balanced, W_{j+1}^T W_{j+1} = W_j W_j^T, and their product is A.
// At depth 1, W_1 is A itself.
//
// INVALID_ARGUMENT when A has the wrong size or is not finite, or when a hidden
// layer is narrower than min(k, d), because such factors do not exist for every
// A then.
absl::Status InitializeBalanced(std::span<const double> end_to_end,
                                LinearNet& net);

// The same starts for W = omega w, whose factors are w (k x d) and omega. A
// Gaussian start draws omega like W_2 of a net of width 1; an identity start
// adds 1 to omega and to the diagonal of w; a balanced start has |w|_F = omega
// = sqrt |A|_F.
void InitializeGaussian(uint64_t seed, double std, ScalarProduct& product);
void InitializeIdentity(uint64_t seed, double std, ScalarProduct& product);
absl::Status InitializeBalanced(std::span<const double> end_to_end,
                                ScalarProduct& product);

// Draws a k x d matrix of Frobenius norm `norm` in a uniformly random
// direction, which depends on the seed and the shape alone: not on a depth or
// width.
std::vector<double> DrawEndToEnd(uint64_t seed, int64_t outputs,
                                 int64_t columns, double norm);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_MODELS_INITIALIZE_H_
