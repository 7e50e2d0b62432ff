#include "worker/kernel/pass/completion_pass.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "worker/kernel/portable_math.h"

namespace fathom::worker::kernel {
namespace {

// Returns sign(r) |r|^(p-1).
double PowerBelow(double r, double p, int even_p) {
  if (even_p == 2) return r;
  if (even_p != 0) return r * Power(r * r, (even_p - 2) / 2);
  if (!std::isfinite(r)) return r;
  return std::copysign(RealPower(std::fabs(r), p - 1), r);
}

// Returns p where it is an even integer, otherwise 0.
int EvenExponent(double p) {
  return std::fmod(p, 2) == 0 ? static_cast<int>(p) : 0;
}

}  // namespace

KnownEntries::KnownEntries(ConstMatrix matrix,
                           std::span<const int64_t> positions)
    : columns_(matrix.columns), row_starts_(matrix.rows + 1) {
  for (const int64_t position : positions) {
    const int64_t row = position / columns_;
    const int64_t column = position % columns_;
    entries_.push_back({column, matrix.row(row)[column]});
    ++row_starts_[row + 1];
  }
  std::partial_sum(row_starts_.begin(), row_starts_.end(), row_starts_.begin());
}

void CompletionPass::Run(std::span<const Column> columns) {
  constexpr size_t kLanes = 4;
  const auto n = static_cast<double>(known_.size());
  const int64_t padded = PaddedColumns(known_.columns());
  for (const Column& column : columns) {
    const double p = column.loss.p;
    const int even_p = EvenExponent(p);
    const std::span<const KnownEntries::Entry> entries =
        known_.row(column.output);
    std::fill_n(column.gradient, padded, 0.0);
    double lanes[kLanes] = {};
    for (size_t i = 0; i < entries.size(); ++i) {
      const auto [at, value] = entries[i];
      const double r = column.weights[at] - value;
      const double power = PowerBelow(r, p, even_p);
      column.gradient[at] = power / n;
      lanes[i % kLanes] += power * r;
    }
    *column.error = (((lanes[0] + lanes[1]) + lanes[2]) + lanes[3]) / n;
  }
}

}  // namespace fathom::worker::kernel
