#include "worker/theory/dense.h"

#include <cmath>
#include <utility>

#include "worker/kernel/eigen.h"
#include "worker/kernel/singular_values.h"

namespace fathom::worker::theory {
namespace {

using kernel::RowMajorMatrix;

// Returns a view by which Eigen reads and writes the numbers of `a`.
Eigen::Map<RowMajorMatrix> View(Dense& a) {
  return {a.data.data(), a.rows, a.columns};
}
Eigen::Map<const RowMajorMatrix> View(const Dense& a) {
  return {a.data.data(), a.rows, a.columns};
}

}  // namespace

Dense CopyOf(kernel::ConstMatrix a) {
  Dense copy(a.rows, a.columns);
  View(copy) = kernel::View(a);
  return copy;
}

Dense Identity(int64_t n) {
  Dense identity(n, n);
  View(identity).setIdentity();
  return identity;
}

Dense Product(const Dense& a, const Dense& b) {
  Dense product(a.rows, b.columns);
  kernel::Multiply(a, b, product);
  return product;
}

Dense Transposed(const Dense& a) {
  Dense transposed(a.columns, a.rows);
  View(transposed) = View(a).transpose();
  return transposed;
}

Dense Sum(const Dense& a, double factor, const Dense& b) {
  Dense sum(a.rows, a.columns);
  View(sum) = View(a) + factor * View(b);
  return sum;
}

double InnerProduct(const Dense& a, const Dense& b) {
  return View(a).cwiseProduct(View(b)).sum();
}

double FrobeniusNorm(const Dense& a) { return View(a).norm(); }

double Distance(const Dense& a, const Dense& b) {
  return (View(a) - View(b)).norm();
}

Dense RandomMatrix(kernel::RandomStream& random, int64_t rows,
                   int64_t columns) {
  Dense matrix(rows, columns);
  for (double& entry : matrix.data) entry = random.Normal();
  return matrix;
}

Dense RandomOrthogonal(kernel::RandomStream& random, int64_t n) {
  return Decomposed(RandomMatrix(random, n, n)).u;
}

SortedSvd Decomposed(const Dense& a) {
  kernel::SingularValues svd = kernel::Decompose(a);
  SortedSvd sorted = {std::move(svd.s), Dense(a.rows, svd.rank),
                      Dense(svd.rank, a.columns)};
  sorted.u.data = std::move(svd.u);
  sorted.v_t.data = std::move(svd.v_t);
  return sorted;
}

}  // namespace fathom::worker::theory
