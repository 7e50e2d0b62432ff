#include "worker/kernel/models/balancedness.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace fathom::worker::kernel {

// The matrix is symmetric, so only entries on and above the diagonal are
// computed, some rows at a time.
double Imbalance(ConstMatrix a, ConstMatrix b, std::vector<double>& scratch) {
  assert(a.rows == b.columns);
  constexpr int64_t kRows = 8;
  const int64_t h = a.rows;
  scratch.resize(2 * kRows * h);
  double square = 0;
  for (int64_t i = 0; i < h; i += kRows) {
    const int64_t rows = std::min(kRows, h - i);
    const int64_t columns = h - i;
    const Matrix bb = {scratch.data(), rows, columns, columns};
    const Matrix aa = {scratch.data() + rows * columns, rows, columns, columns};
    const ConstMatrix rest = {b.data + i, b.rows, columns, b.stride};
    TransposedProductRows(rest, rest, 0, bb);
    MultiplyTransposed({a.row(i), rows, a.columns, a.stride},
                       {a.row(i), columns, a.columns, a.stride}, aa);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = r; c < columns; ++c) {
        const double entry = bb.row(r)[c] - aa.row(r)[c];
        square += (c == r ? 1 : 2) * entry * entry;
      }
    }
  }
  return std::sqrt(square);
}

}  // namespace fathom::worker::kernel
