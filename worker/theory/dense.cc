#include "worker/theory/dense.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "worker/kernel/singular_values.h"

namespace fathom::worker::theory {

Dense CopyOf(kernel::ConstMatrix a) {
  Dense copy(a.rows, a.columns);
  for (int64_t i = 0; i < a.rows; ++i) {
    std::copy_n(a.row(i), a.columns, copy.data.begin() + i * a.columns);
  }
  return copy;
}

Dense Identity(int64_t n) {
  Dense identity(n, n);
  for (int64_t i = 0; i < n; ++i) identity.at(i, i) = 1;
  return identity;
}

Dense Product(const Dense& a, const Dense& b) {
  Dense product(a.rows, b.columns);
  kernel::Multiply(a, b, product);
  return product;
}

Dense Transposed(const Dense& a) {
  Dense transposed(a.columns, a.rows);
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t j = 0; j < a.columns; ++j) transposed.at(j, i) = a.at(i, j);
  }
  return transposed;
}

Dense Sum(const Dense& a, double factor, const Dense& b) {
  Dense sum = a;
  for (size_t i = 0; i < sum.data.size(); ++i) {
    sum.data[i] += factor * b.data[i];
  }
  return sum;
}

double InnerProduct(const Dense& a, const Dense& b) {
  return kernel::Dot(a.data.data(), b.data.data(), a.rows * a.columns);
}

double FrobeniusNorm(const Dense& a) { return std::sqrt(InnerProduct(a, a)); }

double Distance(const Dense& a, const Dense& b) {
  return FrobeniusNorm(Sum(a, -1, b));
}

Dense RandomMatrix(kernel::RandomStream& random, int64_t rows,
                   int64_t columns) {
  Dense matrix(rows, columns);
  for (double& entry : matrix.data) entry = random.Normal();
  return matrix;
}

Dense RandomOrthogonal(kernel::RandomStream& random, int64_t n) {
  Dense q = RandomMatrix(random, n, n);
  for (int64_t i = 0; i < n; ++i) {
    double* row = q.data.data() + i * n;
    // Twice is enough for right angles to the last bits.
    for (int pass = 0; pass < 2; ++pass) {
      for (int64_t j = 0; j < i; ++j) {
        const double* other = q.data.data() + j * n;
        const double along = kernel::Dot(row, other, n);
        for (int64_t c = 0; c < n; ++c) row[c] -= along * other[c];
      }
    }
    const double norm = kernel::Norm(row, n);
    for (int64_t c = 0; c < n; ++c) row[c] /= norm;
  }
  return q;
}

SortedSvd Decomposed(const Dense& a) {
  const kernel::SingularValues svd = kernel::Decompose(a);
  std::vector<int64_t> order(svd.rank);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t i, int64_t j) { return svd.s[i] > svd.s[j]; });
  SortedSvd sorted = {{}, Dense(a.rows, svd.rank), Dense(svd.rank, a.columns)};
  for (int64_t r = 0; r < svd.rank; ++r) {
    sorted.s.push_back(svd.s[order[r]]);
    for (int64_t i = 0; i < a.rows; ++i) {
      sorted.u.at(i, r) = svd.u[i * svd.rank + order[r]];
    }
    for (int64_t c = 0; c < a.columns; ++c) {
      sorted.v_t.at(r, c) = svd.v_t[order[r] * a.columns + c];
    }
  }
  return sorted;
}

}  // namespace fathom::worker::theory
