#ifndef FATHOM_WORKER_KERNEL_VECTOR_OPS_H_
#define FATHOM_WORKER_KERNEL_VECTOR_OPS_H_

#include <cstdint>

#include "worker/kernel/factors/factor_isa.h"

// Products of small dense matrices. The order of every sum depends on the shape
// alone (factor_isa.h): not on alignment, cache sizes or instruction set, as it
// does in a tuned library.
namespace fathom::worker::kernel {

// A view of a matrix that is stored row by row; row i starts at data + i *
// stride.
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

// Returns the kernels for factors of the instruction set ActiveIsa().
const FactorKernels& ActiveFactorKernels();

// Returns sum_i a_i b_i, summed in the order of DotProducts.
double Dot(const double* a, const double* b, int64_t n);

// Returns the Euclidean norm of n numbers.
double Norm(const double* a, int64_t n);

// Computes out = A B, entry by entry in the order of ChainProduct. `out` must
// not overlap A or B.
void Multiply(ConstMatrix a, ConstMatrix b, Matrix out);

// Computes out = A B^T, entry by entry as Dot does.
void MultiplyTransposed(ConstMatrix a, ConstMatrix b, Matrix out);

// Computes the rows `first` to `first + out.rows - 1` of A^T B, entry by entry
// in the order of ChainProduct.
void TransposedProductRows(ConstMatrix a, ConstMatrix b, int64_t first,
                           Matrix out);

}  // namespace fathom::worker::kernel

#endif  // FATHOM_WORKER_KERNEL_VECTOR_OPS_H_
