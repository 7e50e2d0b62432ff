#include "worker/data/completion.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "worker/kernel/random/random.h"
#include "worker/kernel/singular_values.h"

namespace fathom::worker {
namespace {

using kernel::Purpose;
using kernel::RandomStream;

// Draws M, row by row.
std::vector<double> DrawMatrix(const v1::CompletionData& spec) {
  const int64_t k = spec.matrix_rows();
  const int64_t d = spec.matrix_columns();
  const int64_t r = spec.rank();
  std::vector<double> u(k * r);
  std::vector<double> v(d * r);
  RandomStream left(spec.seed(), Purpose::kLowRank, 0);
  RandomStream right(spec.seed(), Purpose::kLowRank, 1);
  for (double& entry : u) entry = left.Normal();
  for (double& entry : v) entry = right.Normal();
  std::vector<double> matrix(k * d);
  kernel::MultiplyTransposed({u.data(), k, r, r}, {v.data(), d, r, r},
                             {matrix.data(), k, d, d});
  const double norm = spec.has_frobenius_norm()
                          ? spec.frobenius_norm()
                          : std::sqrt(static_cast<double>(k * d));
  const double scale = norm / kernel::Norm(matrix.data(), k * d);
  for (double& entry : matrix) entry *= scale;
  return matrix;
}

// Returns a uniform number from 0 to n - 1.
uint64_t DrawBelow(uint64_t n, RandomStream& random) {
  // The first values are left out, because they would make some remainders
  // likelier.
  const uint64_t left_out = (0 - n) % n;
  uint64_t bits = 0;
  do {
    bits = random.Bits();
  } while (bits < left_out);
  return bits % n;
}

// Returns the positions of the known entries, ascending. They are the beginning
// of a random order of all positions (Fisher, Yates).
std::vector<int64_t> DrawPositions(const v1::CompletionData& spec) {
  const int64_t n = int64_t{spec.matrix_rows()} * spec.matrix_columns();
  const int64_t count = spec.observed() == 0 ? n : spec.observed();
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  RandomStream random(spec.seed(), Purpose::kKnownEntries);
  for (int64_t i = 0; i < count; ++i) {
    const auto other = i + static_cast<int64_t>(
                               DrawBelow(static_cast<uint64_t>(n - i), random));
    std::swap(order[i], order[other]);
  }
  order.resize(count);
  std::sort(order.begin(), order.end());
  return order;
}

}  // namespace

Completion::Completion(const v1::CompletionData& spec)
    : rank_(spec.rank()),
      columns_(spec.matrix_columns()),
      matrix_(DrawMatrix(spec)),
      known_(matrix(), DrawPositions(spec)) {}

Completion::Completion(int64_t columns, std::vector<double> matrix,
                       std::span<const int64_t> positions)
    : rank_(0),
      columns_(columns),
      matrix_(std::move(matrix)),
      known_(this->matrix(), positions) {}

absl::StatusOr<Completion> Completion::OfEntries(const v1::CompletionData& spec,
                                                 const Dataset& dataset) {
  const int64_t k = spec.matrix_rows();
  const int64_t d = spec.matrix_columns();
  if (dataset.columns != 2 || dataset.targets != 1) {
    return absl::InvalidArgumentError(
        "known entries have a row, a column and a value");
  }
  std::vector<double> matrix(k * d);
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < dataset.rows; ++i) {
    const double row = dataset.x[2 * i];
    const double column = dataset.x[2 * i + 1];
    const bool fits = row >= 0 && row < static_cast<double>(k) && column >= 0 &&
                      column < static_cast<double>(d) &&
                      std::trunc(row) == row && std::trunc(column) == column;
    if (!fits) {
      return absl::InvalidArgumentError(
          absl::StrCat("entry ", i + 1, " is at (", row, ", ", column,
                       "), outside of a matrix of ", k, " x ", d));
    }
    positions.push_back(static_cast<int64_t>(row) * d +
                        static_cast<int64_t>(column));
    matrix[positions.back()] = dataset.y[i];
  }
  std::sort(positions.begin(), positions.end());
  if (std::adjacent_find(positions.begin(), positions.end()) !=
      positions.end()) {
    return absl::InvalidArgumentError("an entry is known twice");
  }
  return Completion(d, std::move(matrix), positions);
}

double Completion::LeastSingularValue() const {
  std::call_once(least_->once, [this] {
    if (rank_ < std::min(known_.rows(), known_.columns())) return;
    least_->value = kernel::SingularValueFinder().Find(matrix()).back();
  });
  return least_->value;
}

}  // namespace fathom::worker
