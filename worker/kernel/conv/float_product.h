#ifndef FATHOM_WORKER_KERNEL_CONV_FLOAT_PRODUCT_H_
#define FATHOM_WORKER_KERNEL_CONV_FLOAT_PRODUCT_H_

#include <cstdint>

#include "worker/kernel/isa.h"

// Products of matrices in float32.
namespace fathom::worker::kernel {

// A matrix that lies row by row: (r, c) is at data + r * stride + c, with
// stride >= columns.
struct FloatMatrix {
  float* data;
  int64_t rows, columns, stride;
};
struct ConstFloatMatrix {
  const float* data;
  int64_t rows, columns, stride;

  ConstFloatMatrix(const float* d, int64_t r, int64_t c, int64_t s)
      : data(d), rows(r), columns(c), stride(s) {}
  ConstFloatMatrix(const FloatMatrix& m)  // NOLINT: as pointers convert.
      : ConstFloatMatrix(m.data, m.rows, m.columns, m.stride) {}
};

// Whether a matrix stands for itself or for its transpose, and whether a
// product takes the place of what is there or is added to it.
enum class Turn { kAsIs, kTransposed };
enum class Into { kReplace, kAdd };

// How many floats of workspace Multiply needs at most for an `out` of rows x
// columns and chains of `length`: about 2^16, 16 length and rows columns, added
// up.
int64_t ProductWorkspace(int64_t rows, int64_t length, int64_t columns);

// out = op(a) op(b), or out += op(a) op(b), where op is the matrix or its
// transpose:
//   out_rc = start + sum_l op(a)_rl op(b)_lc.
// Every number of `out` is one chain of fused multiply-adds over l in order
// that starts at zero, or at what was there: its bits depend on its row of
// op(a) and its column of op(b) alone, on no instruction set, and on no shape.
// `out` overlaps neither a nor b nor `workspace` (aligned to 64 bytes). Nothing
// beyond the columns of a row is read or written. Fastest with `out` aligned to
// 64 bytes and its stride a multiple of 16. Allocates nothing; thread-safe.
//
// Cost: 2 rows length columns flops; from 64 x 512 x 512 on 80 to 95 % of the
// core's peak.
void Multiply(ConstFloatMatrix a, Turn turn_a, ConstFloatMatrix b, Turn turn_b,
              Into into, FloatMatrix out, float* workspace,
              Isa isa = ActiveIsa());

// The same for a product that is a symmetric matrix but for rounding, as op(a)
// op(a)^T is: what Multiply gives above the diagonal and on it, and the same
// again below, so that `out` is symmetric. Where Multiply would give a
// symmetric matrix it is that one, bit for bit. A little more than half the
// cost.
void MultiplySymmetric(ConstFloatMatrix a, Turn turn_a, ConstFloatMatrix b,
                       Turn turn_b, FloatMatrix out, float* workspace,
                       Isa isa = ActiveIsa());

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_CONV_FLOAT_PRODUCT_H_
