#include "worker/kernel/models/linear_net.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "worker/kernel/models/balancedness.h"

namespace fathom::worker::kernel {
namespace {

// The least length of rows_: a part of a gradient that stays in the first
// cache.
constexpr int64_t kRowsSize = 2048;

double SquaredNorm(ConstMatrix a) {
  double square = 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    square += Dot(a.row(i), a.row(i), a.columns);
  }
  return square;
}

}  // namespace

LinearNet::LinearNet(std::vector<int64_t> widths) : widths_(std::move(widths)) {
  assert(widths_.size() >= 2);
  const int n = static_cast<int>(widths_.size()) - 1;
  const int64_t k = widths_.back();
  factors_.resize(n);
  above_.resize(n + 1);
  below_.resize(n + 1);
  for (int j = 1; j <= n; ++j) {
    factors_[j - 1] = AllocateAligned(widths_[j] * widths_[j - 1]);
    if (j <= n - 2) above_[j].resize(k * widths_[j]);
    if (j >= 2) below_[j].resize(k * widths_[j - 1]);
  }
  if (k > 1) {
    rows_.resize(std::max(
        kRowsSize, *std::max_element(widths_.begin(), widths_.end() - 1)));
  }
}

Matrix LinearNet::factor(int j) {
  return {factors_[j - 1].get(), widths_[j], widths_[j - 1], widths_[j - 1]};
}

ConstMatrix LinearNet::factor(int j) const {
  return {factors_[j - 1].get(), widths_[j], widths_[j - 1], widths_[j - 1]};
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

int64_t LinearNet::RowsAtATime(int j) const {
  return static_cast<int64_t>(rows_.size()) / widths_[j - 1];
}

void LinearNet::WriteGradientRows(int j, int64_t first, Matrix out) const {
  if (j < depth()) {
    TransposedProductRows(above(j), below(j), first, out);
    return;
  }
  for (int64_t i = 0; i < out.rows; ++i) {
    std::copy_n(below(j).row(first + i), out.columns, out.row(i));
  }
}

// The factors move in ascending order, because U_{N-1} is W_N itself, which
// must therefore move last.
void LinearNet::Update(Optimizer& optimizer) {
  if (widths_.back() == 1) return UpdateRankOne(optimizer);
  int64_t first = 0;
  for (int j = 1; j <= depth(); ++j) {
    const Matrix w = factor(j);
    const int64_t step = RowsAtATime(j);
    for (int64_t i = 0; i < w.rows; i += step) {
      const int64_t rows = std::min(step, w.rows - i);
      WriteGradientRows(j, i, {rows_.data(), rows, w.columns, w.columns});
      optimizer.Update(first, WrittenGradient(rows_.data(), rows * w.columns),
                       w.row(i));
      first += rows * w.columns;
    }
  }
}

void LinearNet::UpdateRankOne(Optimizer& optimizer) {
  int64_t first = 0;
  for (int j = 1; j <= depth(); ++j) {
    const Matrix w = factor(j);
    optimizer.Update(first,
                     {.left = j == depth() ? nullptr : above(j).data,
                      .right = below(j).data,
                      .rows = w.rows,
                      .columns = w.columns},
                     w.data);
    first += w.rows * w.columns;
  }
}

double LinearNet::GradientNorm() {
  double square = 0;
  for (int j = 1; j <= depth(); ++j) {
    const int64_t columns = widths_[j - 1];
    if (j == depth() || widths_.back() == 1) {
      const double left = j == depth() ? 1 : SquaredNorm(above(j));
      square += left * SquaredNorm(below(j));
      continue;
    }
    const int64_t step = RowsAtATime(j);
    for (int64_t i = 0; i < widths_[j]; i += step) {
      const int64_t count = std::min(step, widths_[j] - i) * columns;
      WriteGradientRows(j, i,
                        {rows_.data(), count / columns, columns, columns});
      square += Dot(rows_.data(), rows_.data(), count);
    }
  }
  return std::sqrt(square);
}

double LinearNet::Balancedness() {
  double most = 0;
  for (int j = 1; j < depth(); ++j) {
    const double imbalance =
        Imbalance(factor(j), factor(j + 1), imbalance_scratch_);
    // Unlike std::max, this comparison keeps NaN.
    if (!(imbalance <= most)) most = imbalance;
  }
  return most;
}

void LinearNet::AddState(StateArrays* state) {
  for (int j = 1; j <= depth(); ++j) {
    const Matrix w = factor(j);
    state->doubles.emplace_back(w.data, w.rows * w.columns);
  }
}

}  // namespace fathom::worker::kernel
