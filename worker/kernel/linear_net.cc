#include "worker/kernel/linear_net.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "worker/kernel/balancedness.h"

namespace fathom::kernel {

LinearNet::LinearNet(std::vector<int64_t> widths) : widths_(std::move(widths)) {
  assert(widths_.size() >= 2);
  const int n = static_cast<int>(widths_.size()) - 1;
  const int64_t k = widths_.back();
  factors_.resize(n);
  above_.resize(n + 1);
  below_.resize(n + 1);
  for (int j = 1; j <= n; ++j) {
    factors_[j - 1].resize(widths_[j] * widths_[j - 1]);
    if (j <= n - 2) above_[j].resize(k * widths_[j]);
    if (j >= 2) below_[j].resize(k * widths_[j - 1]);
  }
  row_.resize(*std::max_element(widths_.begin(), widths_.end() - 1));
}

Matrix LinearNet::factor(int j) {
  return {factors_[j - 1].data(), widths_[j], widths_[j - 1], widths_[j - 1]};
}

ConstMatrix LinearNet::factor(int j) const {
  return {factors_[j - 1].data(), widths_[j], widths_[j - 1], widths_[j - 1]};
}

ConstMatrix LinearNet::above(int j) const {
  if (j == depth() - 1) return factor(depth());
  return {above_[j].data(), widths_.back(), widths_[j], widths_[j]};
}

ConstMatrix LinearNet::below(int j) const {
  if (j == 1) return gradient_;
  return {below_[j].data(), widths_.back(), widths_[j - 1], widths_[j - 1]};
}

void LinearNet::WriteEndToEnd(Matrix w) {
  const int n = depth();
  if (n == 1) {
    for (int64_t r = 0; r < w.rows; ++r) {
      std::copy_n(factor(1).row(r), w.columns, w.row(r));
    }
    return;
  }
  for (int j = n - 2; j >= 1; --j) {
    Multiply(above(j + 1), factor(j + 1),
             {above_[j].data(), widths_.back(), widths_[j], widths_[j]});
  }
  Multiply(above(1), factor(1), w);
}

void LinearNet::PullBack(ConstMatrix gradient) {
  gradient_ = gradient;
  for (int j = 2; j <= depth(); ++j) {
    MultiplyTransposed(
        below(j - 1), factor(j - 1),
        {below_[j].data(), widths_.back(), widths_[j - 1], widths_[j - 1]});
  }
}

void LinearNet::WriteGradientRow(int j, int64_t i, double* row) const {
  if (j == depth()) {
    std::copy_n(below(j).row(i), widths_[j - 1], row);
  } else {
    TransposedProductRow(above(j), below(j), i, row);
  }
}

// U_{N-1} is W_N itself, which must therefore move last.
void LinearNet::Update(Optimizer& optimizer) {
  int64_t first = 0;
  for (int j = 1; j <= depth(); ++j) {
    const Matrix w = factor(j);
    for (int64_t i = 0; i < w.rows; ++i, first += w.columns) {
      WriteGradientRow(j, i, row_.data());
      optimizer.Update(first, w.columns, row_.data(), w.row(i));
    }
  }
}

double LinearNet::GradientNorm() {
  double square = 0;
  for (int j = 1; j <= depth(); ++j) {
    for (int64_t i = 0; i < widths_[j]; ++i) {
      WriteGradientRow(j, i, row_.data());
      square += Dot(row_.data(), row_.data(), widths_[j - 1]);
    }
  }
  return std::sqrt(square);
}

double LinearNet::Balancedness() {
  double most = 0;
  for (int j = 1; j < depth(); ++j) {
    const double imbalance = Imbalance(factor(j), factor(j + 1));
    // Unlike std::max, keeps NaN.
    if (!(imbalance <= most)) most = imbalance;
  }
  return most;
}

}  // namespace fathom::kernel
