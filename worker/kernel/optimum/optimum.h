#ifndef FATHOM_WORKER_KERNEL_OPTIMUM_OPTIMUM_H_
#define FATHOM_WORKER_KERNEL_OPTIMUM_OPTIMUM_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "worker/kernel/loss.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// The least value that the mean of a loss over samples (x_i, y_i) takes over
// all linear maps W (k x d), or its infimum where no W attains it.
struct Optimum {
  double value = 0;
  // How far `value` may be above the infimum: half the squared Newton
  // decrement, in directions in which doubles can tell the curvature of the
  // data from 0 (about 1e-15 d relative to that of the features themselves).
  // For p < 2 the gap includes what smoothing adds. It is at most `value`,
  // because no objective is negative.
  double gap = 0;
  int iterations = 0;  // Newton steps; 0 for p = 2.
};

// The largest l_p problem, in features, and the largest cross-entropy, in
// weights k d.
inline constexpr int64_t kMaxOptimumFeatures = 4096;
inline constexpr int64_t kMaxOptimumWeights = 2000;

// Finds the optimum to a gap <= 1e-10 (1 + value), and mostly to a much smaller
// one. x is (m x d), y is (m x k); neither need have full rank, and m may be
// below d.
//
// The l_p loss separates into its outputs. p = 2 is solved by its normal
// equations with iterative refinement. Other p start at this solution and take
// Newton steps with a Cholesky factor and a line search along each direction,
// which costs next to nothing beside the factor. p > 2 goes by way of 4, 8, ...
// to p; p < 2 follows (r^2 + e^2)^(p/2), which is at most e^p above |r|^p, to e
// -> 0. Separable labels have the infimum 0, which no W attains: the steps end
// when the value is below the tolerance.
//
// Errors: INVALID_ARGUMENT when targets are not labels of a cross-entropy,
// RESOURCE_EXHAUSTED above the largest sizes, INTERNAL when the tolerance is
// not reached, CANCELLED once `keep_going`, which is asked several times per
// step, has returned false.
//
// Cost: m d^2 flops per Newton step (m d^2 k^2 / 2 for softmax), 10 to 80
// steps; 32 d^2 (16 (k d)^2 for a cross-entropy) bytes. Deterministic to the
// last bit on every machine. Thread-safe.
absl::StatusOr<Optimum> FindOptimum(ConstMatrix x, ConstMatrix y,
                                    const Loss& loss,
                                    const std::function<bool()>& keep_going);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_OPTIMUM_OPTIMUM_H_
