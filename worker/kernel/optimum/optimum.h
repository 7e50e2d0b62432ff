#ifndef FATHOM_WORKER_KERNEL_OPTIMUM_OPTIMUM_H_
#define FATHOM_WORKER_KERNEL_OPTIMUM_OPTIMUM_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "worker/kernel/loss.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// The least value that the mean of a loss over samples (x_i, y_i) takes over
// all linear maps W (k x d), or its infimum where none attains it.
struct Optimum {
  double value = 0;
  // How far `value` may lie above the infimum: half the squared Newton
  // decrement, in directions in which the data has a curvature that doubles can
  // tell from 0 (relative to the features' own, about 1e-15 d). For p < 2 plus
  // what smoothing adds. At most `value` itself, as no objective is negative.
  double gap = 0;
  int iterations = 0;  // Newton steps; 0 for p = 2.
};

// Largest l_p problem in features, largest cross-entropy in weights k d.
inline constexpr int64_t kMaxOptimumFeatures = 4096;
inline constexpr int64_t kMaxOptimumWeights = 2000;

// Finds the optimum to gap <= 1e-10 (1 + value), mostly much better. x is
// (m x d), y is (m x k); neither need have full rank, and m may be below d.
//
// l_p separates into its outputs. p = 2 is solved by its normal equations with
// iterative refinement; other p start there and take Newton steps with a
// Cholesky factor and a line search along each direction, which costs next to
// nothing against the factor. p > 2 goes by way of 4, 8, ... p; p < 2 follows
// (r^2 + e^2)^(p/2), which is at most e^p above |r|^p, to e -> 0. Separable
// labels have the infimum 0, which no W attains: the steps end where the value
// is below the tolerance.
//
// Errors: INVALID_ARGUMENT when labels are not those of a cross-entropy,
// RESOURCE_EXHAUSTED above the sizes above, INTERNAL when the tolerance is not
// reached, CANCELLED once `keep_going`, which is asked several times per step,
// has returned false.
//
// Cost: m d^2 flops per Newton step (m d^2 k^2 / 2 for softmax), 10 to 80
// steps; 32 d^2 (16 (k d)^2 for a cross-entropy) bytes. Deterministic to the
// last bit on every machine. Thread-safe.
absl::StatusOr<Optimum> FindOptimum(ConstMatrix x, ConstMatrix y,
                                    const Loss& loss,
                                    const std::function<bool()>& keep_going);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMUM_OPTIMUM_H_
