#include "worker/engine/linear/score.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "absl/functional/function_ref.h"

namespace fathom::worker {
namespace {

// Calls `visit` with the number of every sample and its outputs.
void ForEachPrediction(kernel::ConstMatrix w, int64_t rows, const double* x,
                       absl::Span<double> outputs,
                       absl::FunctionRef<void(int64_t, const double*)> visit) {
  const int64_t d = w.columns;
  const int64_t k = w.rows;
  const int64_t most = std::max<int64_t>(1, std::ssize(outputs) / k);
  for (int64_t first = 0; first < rows; first += most) {
    const int64_t count = std::min(most, rows - first);
    kernel::MultiplyTransposed({x + first * d, count, d, d}, w,
                               {outputs.data(), count, k, k});
    for (int64_t i = 0; i < count; ++i) {
      visit(first + i, outputs.data() + i * k);
    }
  }
}

// Returns 1 where the largest of k outputs is that of the label and 0 where it
// is another; 1/n where the output of the label is one of n largest, and NaN
// where an output is NaN or the largest one is not finite.
double Hit(const double* z, const double* y, int64_t k) {
  constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
  if (k == 1) {
    if (!std::isfinite(z[0])) return kNoNumber;
    return z[0] == 0 ? 0.5 : (z[0] > 0) == (y[0] > 0);
  }
  double most = 0;
  double ties = 0;
  bool right = false;
  for (int64_t o = 0; o < k; ++o) {
    if (std::isnan(z[o])) return kNoNumber;
    if (o > 0 && z[o] < most) continue;
    const bool first = o == 0 || z[o] > most;
    right = y[o] > 0 || (right && !first);
    ties = first ? 1 : ties + 1;
    most = z[o];
  }
  if (!std::isfinite(most)) return kNoNumber;
  return right ? 1 / ties : 0;
}

}  // namespace

double Accuracy(kernel::ConstMatrix w, int64_t rows, const double* x,
                const double* y, absl::Span<double> outputs) {
  double hits = 0;
  ForEachPrediction(w, rows, x, outputs, [&](int64_t i, const double* z) {
    hits += Hit(z, y + i * w.rows, w.rows);
  });
  return hits / static_cast<double>(rows);
}

const Score::Found& Score::Find() const {
  if (known_) return found_;
  double error = 0;
  double hits = 0;
  const auto take = [&](int64_t i, const double* z) {
    const double* const y = part_->y.data() + i * w_.rows;
    error += objective_->sample_error(objective_->loss, z, y, w_.rows);
    hits += Hit(z, y, w_.rows);
  };
  ForEachPrediction(w_, part_->rows, part_->x.data(), outputs_, take);
  const auto m = static_cast<double>(part_->rows);
  found_ = {.loss = objective_->factor * (error / m), .accuracy = hits / m};
  known_ = true;
  return found_;
}

}  // namespace fathom::worker
