#include "worker/kernel/scalar_product.h"

#include <cmath>

namespace fathom::kernel {

ScalarProduct::ScalarProduct(int64_t outputs, int64_t columns)
    : k_(outputs), d_(columns), matrix_(outputs * columns), row_(columns) {}

void ScalarProduct::WriteEndToEnd(Matrix w) {
  for (int64_t i = 0; i < k_; ++i) {
    for (int64_t c = 0; c < d_; ++c) w.row(i)[c] = scalar_ * matrix().row(i)[c];
  }
}

void ScalarProduct::PullBack(ConstMatrix gradient) {
  gradient_ = gradient;
  scalar_gradient_ = 0;
  for (int64_t i = 0; i < k_; ++i) {
    scalar_gradient_ += Dot(gradient.row(i), matrix().row(i), d_);
  }
}

void ScalarProduct::Update(Optimizer& optimizer) {
  for (int64_t i = 0; i < k_; ++i) {
    for (int64_t c = 0; c < d_; ++c) row_[c] = scalar_ * gradient_.row(i)[c];
    optimizer.Update(i * d_, d_, row_.data(), matrix().row(i));
  }
  optimizer.Update(k_ * d_, 1, &scalar_gradient_, &scalar_);
}

double ScalarProduct::GradientNorm() {
  double square = 0;
  for (int64_t i = 0; i < k_; ++i) {
    for (int64_t c = 0; c < d_; ++c) row_[c] = scalar_ * gradient_.row(i)[c];
    square += Dot(row_.data(), row_.data(), d_);
  }
  return std::sqrt(square + scalar_gradient_ * scalar_gradient_);
}

double ScalarProduct::Balancedness() {
  double square = 0;
  for (int64_t i = 0; i < k_; ++i) {
    square += Dot(matrix().row(i), matrix().row(i), d_);
  }
  return std::fabs(scalar_ * scalar_ - square);
}

}  // namespace fathom::kernel
