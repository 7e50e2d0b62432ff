#include "worker/kernel/optimum/gram.h"

#include <algorithm>
#include <cmath>

namespace fathom::worker::kernel {
namespace {

// Side of a tile: its 16 sums and a line of either factor fit the registers.
constexpr int64_t kTile = 4;
// Rows of a Cholesky block.
constexpr int64_t kGramBlock = 64;

int64_t Tiles(int64_t columns) { return (columns + kTile - 1) / kTile; }

// Copies rows [first, first + rows) of X, times w, tile by tile: entry (s, c)
// goes to out[(c / kTile) * kGramRows * kTile + s * kTile + c % kTile]. Fills
// up with zeros.
void Pack(ConstMatrix x, int64_t first, int64_t rows, const double* weights,
          double* out) {
  const int64_t full = x.columns / kTile;
  for (int64_t s = 0; s < rows; ++s) {
    const double* row = x.row(first + s);
    const double w = weights == nullptr ? 1 : weights[first + s];
    double* to = out + s * kTile;
    for (int64_t t = 0; t < full; ++t, to += kGramRows * kTile) {
      for (int64_t c = 0; c < kTile; ++c) to[c] = w * row[t * kTile + c];
    }
    if (full == Tiles(x.columns)) continue;
    for (int64_t c = 0; c < kTile; ++c) {
      const int64_t column = full * kTile + c;
      to[c] = column < x.columns ? w * row[column] : 0;
    }
  }
}

// Adds the product of two packed tiles to the entries of `sum` from (i, j) on.
void AddTile(const double* a, const double* b, int64_t rows, int64_t i,
             int64_t j, Matrix sum) {
  double tile[kTile][kTile] = {};
  for (int64_t s = 0; s < rows; ++s, a += kTile, b += kTile) {
    for (int64_t r = 0; r < kTile; ++r) {
      for (int64_t c = 0; c < kTile; ++c) tile[r][c] += a[r] * b[c];
    }
  }
  const int64_t height = std::min(kTile, sum.rows - i);
  const int64_t width = std::min(kTile, sum.columns - j);
  for (int64_t r = 0; r < height; ++r) {
    double* to = sum.row(i + r) + j;
    for (int64_t c = 0; c < width; ++c) to[c] += tile[r][c];
  }
}

// Row `i` of U from the rows of its block above it.
bool FactorRow(int64_t first, int64_t i, Matrix u) {
  double* row = u.row(i);
  for (int64_t r = first; r < i; ++r) {
    const double* above = u.row(r);
    const double factor = above[i];
    for (int64_t c = i; c < u.columns; ++c) row[c] -= factor * above[c];
  }
  const double pivot = row[i];
  if (!(pivot > 0) || !std::isfinite(pivot)) return false;
  const double root = std::sqrt(pivot);
  for (int64_t c = i; c < u.columns; ++c) row[c] /= root;
  return true;
}

}  // namespace

void AddGram(ConstMatrix x, const double* weights, Matrix sum) {
  const int64_t tiles = Tiles(x.columns);
  std::vector<double> left(tiles * kTile * kGramRows);
  std::vector<double> right(left.size());
  for (int64_t first = 0; first < x.rows; first += kGramRows) {
    const int64_t rows = std::min(kGramRows, x.rows - first);
    Pack(x, first, rows, weights, left.data());
    Pack(x, first, rows, nullptr, right.data());
    for (int64_t i = 0; i < tiles; ++i) {
      for (int64_t j = i; j < tiles; ++j) {
        AddTile(left.data() + i * kGramRows * kTile,
                right.data() + j * kGramRows * kTile, rows, i * kTile,
                j * kTile, sum);
      }
    }
  }
}

bool Cholesky::Factor(ConstMatrix a, double mu) {
  n_ = a.rows;
  for (mu_ = mu; mu_ <= 1; mu_ = std::max(mu_ * 16, 1e-16)) {
    if (TryFactor(a)) return true;
  }
  return false;
}

// Right-looking: the rows of a block first, then what they leave of the rest.
bool Cholesky::TryFactor(ConstMatrix a) {
  u_.resize(n_ * n_);
  const Matrix u = {u_.data(), n_, n_, n_};
  for (int64_t i = 0; i < n_; ++i) {
    std::copy(a.row(i) + i, a.row(i) + n_, u.row(i) + i);
    u.row(i)[i] += mu_ * u.row(i)[i];
    if (a.row(i)[i] == 0) u.row(i)[i] = 1;
  }
  const std::vector<double> minus(kGramBlock, -1.0);
  for (int64_t first = 0; first < n_; first += kGramBlock) {
    const int64_t rows = std::min(kGramBlock, n_ - first);
    for (int64_t i = first; i < first + rows; ++i) {
      if (!FactorRow(first, i, u)) return false;
    }
    const int64_t rest = n_ - first - rows;
    if (rest == 0) break;
    AddGram({u.row(first) + first + rows, rows, rest, n_}, minus.data(),
            {u.row(first + rows) + first + rows, rest, rest, n_});
  }
  return true;
}

void Cholesky::Solve(double* b) const {
  const ConstMatrix u = {u_.data(), n_, n_, n_};
  for (int64_t i = 0; i < n_; ++i) {  // U^T y = b.
    const double* row = u.row(i);
    b[i] /= row[i];
    for (int64_t c = i + 1; c < n_; ++c) b[c] -= row[c] * b[i];
  }
  for (int64_t i = n_ - 1; i >= 0; --i) {  // U x = y.
    const double* row = u.row(i);
    b[i] = (b[i] - Dot(row + i + 1, b + i + 1, n_ - i - 1)) / row[i];
  }
}

}  // namespace fathom::worker::kernel
