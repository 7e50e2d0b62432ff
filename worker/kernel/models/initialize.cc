#include "worker/kernel/models/initialize.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "worker/kernel/portable_math.h"
#include "worker/kernel/random/random.h"
#include "worker/kernel/singular_values.h"

namespace fathom::worker::kernel {
namespace {

void SetZero(Matrix a) {
  for (int64_t i = 0; i < a.rows; ++i) std::fill_n(a.row(i), a.columns, 0.0);
}

// Draws W_j from N(0, std^2).
void DrawFactor(uint64_t seed, int j, double std, Matrix w) {
  RandomStream random(seed, Purpose::kFactor, j);
  for (int64_t i = 0; i < w.rows; ++i) {
    for (int64_t c = 0; c < w.columns; ++c) w.row(i)[c] = std * random.Normal();
  }
}

void AddIdentity(Matrix w) {
  for (int64_t i = 0; i < std::min(w.rows, w.columns); ++i) w.row(i)[i] += 1;
}

// Checks the size of an end-to-end matrix and that it is finite.
absl::Status CheckEndToEnd(std::span<const double> end_to_end, int64_t k,
                           int64_t d) {
  if (static_cast<int64_t>(end_to_end.size()) != k * d) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the end-to-end matrix of the start has ", end_to_end.size(),
        " entries; ", k, " outputs and ", d, " features take ", k * d));
  }
  for (const double entry : end_to_end) {
    if (!std::isfinite(entry)) {
      return absl::InvalidArgumentError(
          "the end-to-end matrix of the start is not finite");
    }
  }
  return absl::OkStatus();
}

// Checks that `net` has a balanced start at `end_to_end`.
absl::Status CheckBalanced(std::span<const double> end_to_end,
                           const LinearNet& net) {
  const int64_t k = net.factor(net.depth()).rows;
  const int64_t d = net.factor(1).columns;
  if (absl::Status status = CheckEndToEnd(end_to_end, k, d); !status.ok()) {
    return status;
  }
  for (int j = 1; j < net.depth(); ++j) {
    const int64_t width = net.factor(j).rows;
    if (width < std::min(k, d)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a balanced start with ", k, " outputs and ", d,
                       " features needs hidden layers of width ",
                       std::min(k, d), " or more; layer ", j, " has ", width));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void InitializeGaussian(uint64_t seed, double std, LinearNet& net) {
  for (int j = 1; j <= net.depth(); ++j) {
    DrawFactor(seed, j, std, net.factor(j));
  }
}

void InitializeGaussian(uint64_t seed, double std, ScalarProduct& product) {
  DrawFactor(seed, 1, std, product.matrix());
  DrawFactor(seed, 2, std, {&product.scalar(), 1, 1, 1});
}

void InitializeIdentity(uint64_t seed, double std, LinearNet& net) {
  InitializeGaussian(seed, std, net);
  for (int j = 1; j <= net.depth(); ++j) AddIdentity(net.factor(j));
}

void InitializeIdentity(uint64_t seed, double std, ScalarProduct& product) {
  InitializeGaussian(seed, std, product);
  AddIdentity(product.matrix());
  product.scalar() += 1;
}

absl::Status InitializeBalanced(std::span<const double> end_to_end,
                                LinearNet& net) {
  if (absl::Status status = CheckBalanced(end_to_end, net); !status.ok()) {
    return status;
  }
  const int n = net.depth();
  const Matrix bottom = net.factor(1);
  if (n == 1) {
    std::copy(end_to_end.begin(), end_to_end.end(), bottom.data);
    return absl::OkStatus();
  }
  const Matrix top = net.factor(n);
  const SingularValues svd =
      Decompose({end_to_end.data(), top.rows, bottom.columns, bottom.columns});
  const int64_t rank = svd.rank;
  for (int j = 1; j <= n; ++j) SetZero(net.factor(j));
  for (int64_t r = 0; r < rank; ++r) {
    const double root = Root(svd.s[r], n);
    for (int64_t c = 0; c < bottom.columns; ++c) {
      bottom.row(r)[c] = root * svd.v_t[r * bottom.columns + c];
    }
    for (int j = 2; j < n; ++j) net.factor(j).row(r)[r] = root;
    for (int64_t i = 0; i < top.rows; ++i) {
      top.row(i)[r] = svd.u[i * rank + r] * root;
    }
  }
  return absl::OkStatus();
}

absl::Status InitializeBalanced(std::span<const double> end_to_end,
                                ScalarProduct& product) {
  const Matrix w = product.matrix();
  absl::Status status = CheckEndToEnd(end_to_end, w.rows, w.columns);
  if (!status.ok()) return status;
  const auto size = static_cast<int64_t>(end_to_end.size());
  double most = 0;
  for (const double entry : end_to_end) {
    most = std::max(most, std::fabs(entry));
  }
  product.scalar() = 0;
  SetZero(w);
  if (most == 0) return absl::OkStatus();
  // The matrix is scaled by a power of two to keep the squares of its entries
  // in range.
  int exponent = 0;
  std::frexp(most, &exponent);
  for (int64_t i = 0; i < size; ++i) {
    w.data[i] = std::ldexp(end_to_end[i], -exponent);
  }
  const double norm = Norm(w.data, size);
  product.scalar() = Root(std::ldexp(norm, exponent), 2);
  for (int64_t i = 0; i < size; ++i) {
    w.data[i] = product.scalar() * (w.data[i] / norm);
  }
  return absl::OkStatus();
}

std::vector<double> DrawEndToEnd(uint64_t seed, int64_t outputs,
                                 int64_t columns, double norm) {
  RandomStream random(seed, Purpose::kDirection);
  std::vector<double> matrix(outputs * columns);
  for (double& entry : matrix) entry = random.Normal();
  const double scale =
      norm / Norm(matrix.data(), static_cast<int64_t>(matrix.size()));
  for (double& entry : matrix) entry *= scale;
  return matrix;
}

}  // namespace fathom::worker::kernel
