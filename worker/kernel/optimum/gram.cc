#include "worker/kernel/optimum/gram.h"

#include <algorithm>

#include "worker/kernel/eigen.h"

namespace fathom::worker::kernel {
namespace {

// The number of rows of moments that are summed at a time. With more rows, more
// of the part below the diagonal would be computed for nothing; with fewer, X
// would be read more often.
constexpr int64_t kMomentRows = 32;

}  // namespace

void AddGram(ConstMatrix x, const double* weights, Matrix sum) {
  const int64_t d = x.columns;
  std::vector<double> weighted(std::min(kGramRows, x.rows) * d);
  std::vector<double> moments(std::min(kMomentRows, d) * d);
  for (int64_t first = 0; first < x.rows; first += kGramRows) {
    const int64_t rows = std::min(kGramRows, x.rows - first);
    for (int64_t s = 0; s < rows; ++s) {
      const double* row = x.row(first + s);
      for (int64_t c = 0; c < d; ++c) {
        weighted[s * d + c] = weights[first + s] * row[c];
      }
    }
    for (int64_t i = 0; i < d; i += kMomentRows) {
      const int64_t width = d - i;
      const Matrix part = {moments.data(), std::min(kMomentRows, width), width,
                           width};
      TransposedProductRows({weighted.data(), rows, d, d},
                            {x.row(first) + i, rows, width, x.stride}, i, part);
      View(Matrix{sum.row(i) + i, part.rows, width, sum.stride}) += View(part);
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

bool Cholesky::TryFactor(ConstMatrix a) {
  u_.resize(n_ * n_);
  Eigen::Map<RowMajorMatrix> u(u_.data(), n_, n_);
  u.triangularView<Eigen::Upper>() = View(a);
  for (int64_t i = 0; i < n_; ++i) {
    const double entry = a.row(i)[i];
    u(i, i) = entry == 0 ? 1 : entry + mu_ * entry;
  }
  const Eigen::LLT<Eigen::Ref<RowMajorMatrix>, Eigen::Upper> factored(u);
  // Numbers that are not finite reach the diagonal without an error of Eigen.
  return factored.info() == Eigen::Success && u.diagonal().allFinite();
}

void Cholesky::Solve(double* b) const {
  const Eigen::Map<const RowMajorMatrix> u(u_.data(), n_, n_);
  Eigen::Map<Eigen::VectorXd> x(b, n_);
  u.triangularView<Eigen::Upper>().transpose().solveInPlace(x);
  u.triangularView<Eigen::Upper>().solveInPlace(x);
}

}  // namespace fathom::worker::kernel
