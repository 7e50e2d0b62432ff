#include "worker/kernel/vector_ops.h"

#include <cassert>
#include <cmath>

namespace fathom::kernel {
namespace {

constexpr int64_t kLanes = 8;

// out += f_0 row_0 + ... + f_3 row_3, one addition after the other.
void AddFourRows(const double* f, ConstMatrix b, int64_t first, double* out) {
  const double f0 = f[0], f1 = f[1], f2 = f[2], f3 = f[3];
  const double* b0 = b.row(first);
  const double* b1 = b.row(first + 1);
  const double* b2 = b.row(first + 2);
  const double* b3 = b.row(first + 3);
  for (int64_t c = 0; c < b.columns; ++c) {
    out[c] = (((out[c] + f0 * b0[c]) + f1 * b1[c]) + f2 * b2[c]) + f3 * b3[c];
  }
}

}  // namespace

double Dot(const double* a, const double* b, int64_t n) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] += a[i + l] * b[i + l];
  }
  for (int64_t l = 0; i < n; ++i, ++l) lanes[l] += a[i] * b[i];
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

double Norm(const double* a, int64_t n) { return std::sqrt(Dot(a, a, n)); }

void Multiply(ConstMatrix a, ConstMatrix b, Matrix out) {
  assert(a.columns == b.rows && out.rows == a.rows && out.columns == b.columns);
  for (int64_t r = 0; r < a.rows; ++r) {
    const double* factors = a.row(r);
    double* to = out.row(r);
    const double* first = b.row(0);
    for (int64_t c = 0; c < b.columns; ++c) to[c] = factors[0] * first[c];
    int64_t l = 1;
    for (; l + 4 <= b.rows; l += 4) AddFourRows(factors + l, b, l, to);
    for (; l < b.rows; ++l) {
      const double* row = b.row(l);
      for (int64_t c = 0; c < b.columns; ++c) to[c] += factors[l] * row[c];
    }
  }
}

void MultiplyTransposed(ConstMatrix a, ConstMatrix b, Matrix out) {
  assert(a.columns == b.columns && out.rows == a.rows && out.columns == b.rows);
  for (int64_t i = 0; i < b.rows; ++i) {
    for (int64_t r = 0; r < a.rows; ++r) {
      out.row(r)[i] = Dot(a.row(r), b.row(i), a.columns);
    }
  }
}

void TransposedProductRow(ConstMatrix a, ConstMatrix b, int64_t i,
                          double* out) {
  assert(a.rows == b.rows && i < a.columns);
  const double first = a.row(0)[i];
  const double* row = b.row(0);
  for (int64_t c = 0; c < b.columns; ++c) out[c] = first * row[c];
  for (int64_t r = 1; r < a.rows; ++r) {
    const double factor = a.row(r)[i];
    row = b.row(r);
    for (int64_t c = 0; c < b.columns; ++c) out[c] += factor * row[c];
  }
}

}  // namespace fathom::kernel
