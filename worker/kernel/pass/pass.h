#ifndef FATHOM_WORKER_KERNEL_PASS_PASS_H_
#define FATHOM_WORKER_KERNEL_PASS_PASS_H_

#include <cstdint>
#include <span>

#include "worker/kernel/loss.h"

// The letters used in every comment of this folder:
//   m     number of samples;  d  number of features;  k  number of outputs
//   X     features, (m x d);  Y  targets, (m x k)
//   N     depth;  W_j  factor j, (d_j x d_{j-1}), d_0 = d, d_N = k
//   W     end-to-end matrix W_N ... W_1, (k x d)
//   Z     predictions X W^T, (m x k);  R  residuals Z - Y;  p  exponent
namespace fathom::worker::kernel {

// Returns the length of a row of W, and of its gradient, in memory. Beyond the
// d features weights must be zero, and gradients are left zero.
constexpr int64_t PaddedColumns(int64_t d) { return (d + 7) / 8 * 8; }

// The arithmetic of a pass over samples. With kFloat, X, Y, W, residuals and
// their derivatives are in single precision, and sums over many samples in
// double.
enum class Precision { kDouble, kFloat };

// A column stands for one row of a lane's end-to-end matrix W, of which the
// lane has k.
struct Column {
  // The row of W: PaddedColumns(d) numbers, aligned to 64 bytes.
  const double* weights = nullptr;
  // A pass writes the gradient here, with the same length: (1/m) sum_i g_i x_i
  // with the g of the loss (LossKind).
  double* gradient = nullptr;
  // A pass writes the mean of the loss over the samples here. A loss that takes
  // all outputs together writes its mean at output 0, and 0 at the others.
  double* error = nullptr;
  // The number of the row of W, which is also the column of Y.
  int output = 0;
  // When the loss takes all outputs together, the columns of a lane must follow
  // each other, from output 0 to k - 1.
  Loss loss;
  // The precision of the pass that the column belongs to, for callers that
  // choose among several passes.
  Precision precision = Precision::kDouble;
};

// A pass evaluates matrices W: on all samples, on some of them, or on the known
// entries of a matrix. It computes errors and gradients of many columns at
// once; those of a column depend on this column (and on those of its lane, for
// a loss that takes them together) alone, to the last bit.
//
// Not thread-safe.
class Pass {
 public:
  virtual ~Pass() = default;

  // Computes the errors and gradients of `columns`. Columns may share weights,
  // but not gradients or errors. Allocates only when there are more columns
  // than in any call before.
  virtual void Run(std::span<const Column> columns) = 0;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_PASS_H_
