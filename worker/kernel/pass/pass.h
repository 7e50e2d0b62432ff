#ifndef FATHOM_WORKER_KERNEL_PASS_PASS_H_
#define FATHOM_WORKER_KERNEL_PASS_PASS_H_

#include <cstdint>
#include <span>

#include "worker/kernel/loss.h"

// Letters used in every comment of this folder:
//   m     number of samples;  d  number of features;  k  number of outputs
//   X     features, (m x d);  Y  targets, (m x k)
//   N     depth;  W_j  factor j, (d_j x d_{j-1}), d_0 = d, d_N = k
//   W     end-to-end matrix W_N ... W_1, (k x d)
//   Z     predictions X W^T, (m x k);  R  residuals Z - Y;  p  exponent
namespace fathom::worker::kernel {

// Length of a row of W and of its gradient in memory. What is above d is zero
// in weights and left zero in gradients.
constexpr int64_t PaddedColumns(int64_t d) { return (d + 7) / 8 * 8; }

// Arithmetic of a pass over samples. kFloat: X, Y, W, residuals and their
// derivatives in single precision, sums over many samples in double.
enum class Precision { kDouble, kFloat };

// One row of one lane's end-to-end matrix: a lane has k of them.
struct Column {
  const double* weights = nullptr;  // Row of W, PaddedColumns(d), aligned.
  // Out, of the same length: (1/m) sum_i g_i x_i, with the g of the loss.
  double* gradient = nullptr;
  // Out: the mean of the loss over the samples. Where all outputs are taken
  // together it stands at output 0, and the others get 0.
  double* error = nullptr;
  int output = 0;  // Which row of W: which column of Y.
  // Where a loss takes all outputs together, the columns of a lane stand side
  // by side, from output 0 to k - 1.
  Loss loss;
  // Which pass it belongs to, for those who choose among several.
  Precision precision = Precision::kDouble;
};

// Something that matrices W can be tried on: all samples, some of them, or the
// known entries of a matrix. Computes errors and gradients of many columns at
// once; those of a column depend on it alone, to the last bit.
//
// Not thread-safe.
class Pass {
 public:
  virtual ~Pass() = default;

  // Columns may share weights, but not gradients or errors. Allocates only when
  // there are more columns than ever before.
  virtual void Run(std::span<const Column> columns) = 0;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_PASS_PASS_H_
