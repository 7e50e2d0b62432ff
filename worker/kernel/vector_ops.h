#ifndef FATHOM_WORKER_KERNEL_VECTOR_OPS_H_
#define FATHOM_WORKER_KERNEL_VECTOR_OPS_H_

#include <cstdint>

// Products of small dense matrices, row by row, as plain loops. The order of
// every sum depends on the shape alone: not on alignment, cache sizes or
// instruction set, on all of which the order of a tuned library depends.
namespace fathom::kernel {

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

// Returns sum_i a_i b_i, summed in 8 lanes, element i in lane i mod 8.
double Dot(const double* a, const double* b, int64_t n);

// Returns the Euclidean norm of n numbers.
double Norm(const double* a, int64_t n);

// out = A B. The sums run over the columns of A in order. `out` overlaps
// neither.
void Multiply(ConstMatrix a, ConstMatrix b, Matrix out);

// out = A B^T, entry by entry as Dot.
void MultiplyTransposed(ConstMatrix a, ConstMatrix b, Matrix out);

// Row i of A^T B: out_c = sum_r a_ri b_rc, r in order. `out` has B's columns.
void TransposedProductRow(ConstMatrix a, ConstMatrix b, int64_t i, double* out);

}  // namespace fathom::kernel

#endif  // FATHOM_WORKER_KERNEL_VECTOR_OPS_H_
