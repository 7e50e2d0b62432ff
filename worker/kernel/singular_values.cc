#include "worker/kernel/singular_values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace fathom::worker::kernel {
namespace {

constexpr int kMaxSweeps = 60;

// (a, b) <- (c a - s b, s a + c b).
void Rotate(double cosine, double sine, int64_t n, double* a, double* b) {
  for (int64_t i = 0; i < n; ++i) {
    const double old = a[i];
    a[i] = cosine * old - sine * b[i];
    b[i] = sine * old + cosine * b[i];
  }
}

// Rotates the rows of `rows` until they are orthogonal, and those of `basis`,
// which may be empty, with them.
void Orthogonalize(Matrix rows, Matrix basis) {
  // What rounding leaves of the cosine of a right angle.
  const double orthogonal =
      0x1p-51 * std::sqrt(static_cast<double>(rows.columns));
  for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
    bool done = true;
    for (int64_t p = 0; p + 1 < rows.rows; ++p) {
      for (int64_t q = p + 1; q < rows.rows; ++q) {
        double* a = rows.row(p);
        double* b = rows.row(q);
        const double aa = Dot(a, a, rows.columns);
        const double bb = Dot(b, b, rows.columns);
        const double ab = Dot(a, b, rows.columns);
        if (std::fabs(ab) <= orthogonal * std::sqrt(aa) * std::sqrt(bb)) {
          continue;
        }
        done = false;
        const double zeta = (bb - aa) / (2 * ab);
        const double tangent = (zeta >= 0 ? 1 : -1) /
                               (std::fabs(zeta) + std::sqrt(1 + zeta * zeta));
        const double cosine = 1 / std::sqrt(1 + tangent * tangent);
        Rotate(cosine, cosine * tangent, rows.columns, a, b);
        Rotate(cosine, cosine * tangent, basis.columns, basis.row(p),
               basis.row(q));
      }
    }
    if (done) return;
  }
}

// Returns n such that the entries times 2^-n can be squared safely.
int ExponentOf(ConstMatrix a) {
  double most = 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t c = 0; c < a.columns; ++c) {
      most = std::max(most, std::fabs(a.row(i)[c]));
    }
  }
  int exponent = 0;
  std::frexp(most, &exponent);
  return exponent;
}

bool IsFinite(ConstMatrix a) {
  bool finite = true;
  for (int64_t r = 0; r < a.rows; ++r) {
    for (int64_t c = 0; c < a.columns; ++c) {
      finite = finite && std::isfinite(a.row(r)[c]);
    }
  }
  return finite;
}

std::vector<double> Transpose(ConstMatrix a) {
  std::vector<double> t(a.rows * a.columns);
  for (int64_t i = 0; i < a.rows; ++i) {
    for (int64_t j = 0; j < a.columns; ++j) t[j * a.rows + i] = a.row(i)[j];
  }
  return t;
}

}  // namespace

SingularValues Decompose(ConstMatrix a) {
  if (a.rows > a.columns) {
    const std::vector<double> t = Transpose(a);
    SingularValues flipped = Decompose({t.data(), a.columns, a.rows, a.rows});
    const int64_t r = flipped.rank;
    std::vector<double> u = Transpose({flipped.v_t.data(), r, a.rows, a.rows});
    std::vector<double> v_t = Transpose({flipped.u.data(), a.columns, r, r});
    return {r, std::move(u), std::move(flipped.s), std::move(v_t)};
  }
  const int64_t r = a.rows;
  const int64_t d = a.columns;
  SingularValues result = {r, {}, std::vector<double>(r), {}};
  std::vector<double> basis(r * r);
  const int exponent = ExponentOf(a);
  for (int64_t i = 0; i < r; ++i) {
    basis[i * r + i] = 1;
    for (int64_t c = 0; c < d; ++c) {
      result.v_t.push_back(std::ldexp(a.row(i)[c], -exponent));
    }
  }
  // J A has orthogonal rows S V^T, so that A = J^T S V^T.
  Orthogonalize({result.v_t.data(), r, d, d}, {basis.data(), r, r, r});
  result.u = Transpose({basis.data(), r, r, r});
  for (int64_t i = 0; i < r; ++i) {
    double* row = result.v_t.data() + i * d;
    const double norm = Norm(row, d);
    result.s[i] = std::ldexp(norm, exponent);
    if (norm == 0) continue;
    for (int64_t c = 0; c < d; ++c) row[c] /= norm;
  }
  return result;
}

const std::vector<double>& SingularValueFinder::Find(ConstMatrix a) {
  const bool tall = a.rows > a.columns;
  const int64_t r = std::min(a.rows, a.columns);
  const int64_t d = std::max(a.rows, a.columns);
  values_.resize(r);
  if (!IsFinite(a)) {
    std::fill(values_.begin(), values_.end(),
              std::numeric_limits<double>::quiet_NaN());
    return values_;
  }
  const int exponent = ExponentOf(a);
  rows_.resize(r * d);
  for (int64_t i = 0; i < r; ++i) {
    for (int64_t c = 0; c < d; ++c) {
      rows_[i * d + c] =
          std::ldexp(tall ? a.row(c)[i] : a.row(i)[c], -exponent);
    }
  }
  Orthogonalize({rows_.data(), r, d, d}, {});
  for (int64_t i = 0; i < r; ++i) {
    values_[i] = std::ldexp(Norm(rows_.data() + i * d, d), exponent);
  }
  return values_;
}

}  // namespace fathom::worker::kernel
