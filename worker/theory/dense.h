#ifndef FATHOM_WORKER_THEORY_DENSE_H_
#define FATHOM_WORKER_THEORY_DENSE_H_

#include <cstdint>
#include <vector>

#include "worker/kernel/random/random.h"
#include "worker/kernel/vector_ops.h"

namespace fathom::worker::theory {

// A small matrix that owns its numbers, which are stored row by row.
struct Dense {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<double> data;

  Dense() = default;
  Dense(int64_t r, int64_t c) : rows(r), columns(c), data(r * c) {}

  double& at(int64_t i, int64_t j) { return data[i * columns + j]; }
  double at(int64_t i, int64_t j) const { return data[i * columns + j]; }
  operator kernel::Matrix() { return {data.data(), rows, columns, columns}; }
  operator kernel::ConstMatrix() const {
    return {data.data(), rows, columns, columns};
  }
};

Dense CopyOf(kernel::ConstMatrix a);
Dense Identity(int64_t n);
Dense Product(const Dense& a, const Dense& b);
Dense Transposed(const Dense& a);
// Returns a + factor * b.
Dense Sum(const Dense& a, double factor, const Dense& b);
double InnerProduct(const Dense& a, const Dense& b);
double FrobeniusNorm(const Dense& a);
// Returns |a - b|_F.
double Distance(const Dense& a, const Dense& b);

// Draws a matrix with entries from N(0, 1).
Dense RandomMatrix(kernel::RandomStream& random, int64_t rows, int64_t columns);
// Draws an n x n matrix U with U^T U = I.
Dense RandomOrthogonal(kernel::RandomStream& random, int64_t n);

// The singular values, largest first. Column r of u and row r of v_t are the
// directions of value r.
struct SortedSvd {
  // min(rows, columns) numbers.
  std::vector<double> s;
  Dense u;
  Dense v_t;
};
SortedSvd Decomposed(const Dense& a);

}  // namespace fathom::worker::theory

#endif  // FATHOM_WORKER_THEORY_DENSE_H_
