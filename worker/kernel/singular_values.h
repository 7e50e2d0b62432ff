#ifndef FATHOM_WORKER_KERNEL_SINGULAR_VALUES_H_
#define FATHOM_WORKER_KERNEL_SINGULAR_VALUES_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// A = U diag(s) V^T for A (k x d), r = min(k, d). The s are not sorted.
struct SingularValues {
  int64_t rank = 0;         // r
  std::vector<double> u;    // k x r, row by row; orthonormal columns.
  std::vector<double> s;    // r, >= 0.
  std::vector<double> v_t;  // r x d, row by row; orthonormal rows, except
                            // that a row may be zero where s is.
};

// Decomposes a finite matrix by one-sided Jacobi rotations (Hestenes). Cost:
// about 100 r^2 max(k, d) flops, and next to nothing for r = 1. When k > d it
// is the columns of U that may be zero where s is.
SingularValues Decompose(ConstMatrix a);

// Finds singular values alone, again and again: the same as Decompose's, to the
// last bit, without the directions. Allocates only when a matrix is larger than
// any before.
//
// Not thread-safe.
class SingularValueFinder {
 public:
  // Returns the min(k, d) singular values in no order; all NaN when the matrix
  // is not finite. Valid until the next call.
  const std::vector<double>& Find(ConstMatrix a);

 private:
  std::vector<double> rows_;
  std::vector<double> values_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_SINGULAR_VALUES_H_
