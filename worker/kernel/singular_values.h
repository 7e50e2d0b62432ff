#ifndef FATHOM_WORKER_KERNEL_SINGULAR_VALUES_H_
#define FATHOM_WORKER_KERNEL_SINGULAR_VALUES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "worker/kernel/vector_ops.h"

namespace fathom::worker::kernel {

// The singular value decomposition A = U diag(s) V^T of a matrix A (k x d) with
// r = min(k, d).
struct SingularValues {
  int64_t rank = 0;         // r, whatever the rank of A.
  std::vector<double> u;    // k x r, row by row, with orthonormal columns.
  std::vector<double> s;    // The r singular values, >= 0, largest first.
  std::vector<double> v_t;  // r x d, row by row, with orthonormal rows.
};

// Decomposes a finite matrix by a QR decomposition with pivots and Jacobi
// rotations of its triangle. The errors are some 1e-16 of the largest singular
// value. Cost: 4 r^2 max(k, d) + about 100 r^3 flops.
SingularValues Decompose(ConstMatrix a);

// Finds the singular values of one matrix after the other, without directions.
// The values are those of Decompose to the last bit. Memory is allocated only
// when a matrix has another shape than the one before.
//
// Not thread-safe.
class SingularValueFinder {
 public:
  SingularValueFinder();
  SingularValueFinder(SingularValueFinder&&) noexcept;
  SingularValueFinder& operator=(SingularValueFinder&&) noexcept;
  ~SingularValueFinder();

  // Returns the min(k, d) singular values of `a`, largest first; all are NaN
  // when the matrix is not finite. The result is valid until the next call.
  const std::vector<double>& Find(ConstMatrix a);

 private:
  struct Solver;
  std::unique_ptr<Solver> solver_;  // Null before the first call.
  std::vector<double> values_;
};

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_SINGULAR_VALUES_H_
