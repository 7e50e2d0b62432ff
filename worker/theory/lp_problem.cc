#include "worker/theory/lp_problem.h"

#include "worker/kernel/portable_math.h"
#include "worker/kernel/random/random.h"

namespace fathom::worker::theory {

LpProblem::LpProblem(uint64_t seed, Shape shape) : p_(shape.p) {
  kernel::RandomStream random(seed, kernel::Purpose::kTheory);
  x_ = RandomMatrix(random, shape.m, shape.d);
  for (int64_t i = 0; i < shape.m; ++i) {
    for (int64_t c = 0; c < shape.d; ++c) {
      const auto position = static_cast<double>(c);
      x_.at(i, c) *= 1 - 0.5 * position / static_cast<double>(shape.d);
    }
  }
  Dense signal = RandomMatrix(random, shape.k, shape.d);
  for (int64_t r = 0; r < shape.k; ++r) {
    double* row = signal.data.data() + r * shape.d;
    const double norm = kernel::Norm(row, shape.d);
    for (int64_t c = 0; c < shape.d; ++c) row[c] /= norm;
  }
  y_ = Dense(shape.m, shape.k);
  kernel::MultiplyTransposed(x_, signal, y_);
  for (double& target : y_.data) target += 0.1 * random.Normal();
}

Dense LpProblem::Gradient(const Dense& w) const {
  Dense gradient(w.rows, w.columns);
  for (int64_t i = 0; i < x_.rows; ++i) {
    const double* x = x_.data.data() + i * x_.columns;
    for (int64_t r = 0; r < w.rows; ++r) {
      const double residual =
          kernel::Dot(x, w.data.data() + r * w.columns, w.columns) -
          y_.at(i, r);
      const double factor =
          kernel::Power(residual, p_ - 1) / static_cast<double>(x_.rows);
      for (int64_t c = 0; c < w.columns; ++c) {
        gradient.at(r, c) += factor * x[c];
      }
    }
  }
  return gradient;
}

}  // namespace fathom::worker::theory
