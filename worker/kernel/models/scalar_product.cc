#include "worker/kernel/models/scalar_product.h"

#include <cmath>

namespace fathom::worker::kernel {

ScalarProduct::ScalarProduct(int64_t outputs, int64_t columns)
    : k_(outputs), d_(columns), matrix_(outputs * columns) {}

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
    optimizer.Update(
        i * d_,
        {.left = &scalar_, .right = gradient_.row(i), .rows = 1, .columns = d_},
        matrix().row(i));
  }
  optimizer.Update(k_ * d_, WrittenGradient(&scalar_gradient_, 1), &scalar_);
}

double ScalarProduct::GradientNorm() {
  double square = 0;
  for (int64_t i = 0; i < k_; ++i) {
    square += Dot(gradient_.row(i), gradient_.row(i), d_);
  }
  return std::sqrt(scalar_ * scalar_ * square +
                   scalar_gradient_ * scalar_gradient_);
}

double ScalarProduct::Balancedness() {
  double square = 0;
  for (int64_t i = 0; i < k_; ++i) {
    square += Dot(matrix().row(i), matrix().row(i), d_);
  }
  return std::fabs(scalar_ * scalar_ - square);
}

void ScalarProduct::AddState(StateArrays* state) {
  state->doubles.emplace_back(matrix_);
  state->doubles.emplace_back(&scalar_, 1);
}

}  // namespace fathom::worker::kernel
