#ifndef FATHOM_WORKER_KERNEL_VECTOR_OPS_H_
#define FATHOM_WORKER_KERNEL_VECTOR_OPS_H_

#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"

// Products of small dense matrices, row by row. The order of every sum depends
// on the shape alone (factor_isa.h): not on alignment, cache sizes or
// instruction set, on all of which the order of a tuned library depends.
namespace fathom::worker::kernel {

// A matrix, row by row; row i starts at data + i * stride.
template <typename T>
struct MatrixRef {
  T* data = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t stride = 0;

  T* row(int64_t i) const { return data + i * stride; }
  operator MatrixRef<const T>() const { return {data, rows, columns, stride}; }
};
using Matrix = MatrixRef<double>;
using ConstMatrix = MatrixRef<const double>;

// Returns the kernels of ActiveIsa().
const FactorKernels& ActiveFactorKernels();

// Returns sum_i a_i b_i as one of DotProducts.
double Dot(const double* a, const double* b, int64_t n);

// Returns the Euclidean norm of n numbers.
double Norm(const double* a, int64_t n);

// out = A B, entry by entry a ChainProduct. `out` overlaps neither.
void Multiply(ConstMatrix a, ConstMatrix b, Matrix out);

// out = A B^T, entry by entry as Dot.
void MultiplyTransposed(ConstMatrix a, ConstMatrix b, Matrix out);

// out = rows `first` to `first + out.rows - 1` of A^T B, entry by entry a
// ChainProduct.
void TransposedProductRows(ConstMatrix a, ConstMatrix b, int64_t first,
                           Matrix out);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_VECTOR_OPS_H_
