#include "worker/kernel/balancedness.h"

#include <cassert>
#include <cmath>
#include <vector>

namespace fathom::kernel {

double Imbalance(ConstMatrix a, ConstMatrix b) {
  assert(a.rows == b.columns);
  const int64_t h = a.rows;
  std::vector<double> row(h);  // Of B^T B, from the diagonal on.
  double square = 0;
  for (int64_t i = 0; i < h; ++i) {
    const ConstMatrix rest = {b.data + i, b.rows, h - i, b.stride};
    TransposedProductRow(rest, rest, 0, row.data());
    for (int64_t c = i; c < h; ++c) {
      const double entry = row[c - i] - Dot(a.row(i), a.row(c), a.columns);
      square += (c == i ? 1 : 2) * entry * entry;
    }
  }
  return std::sqrt(square);
}

}  // namespace fathom::kernel
