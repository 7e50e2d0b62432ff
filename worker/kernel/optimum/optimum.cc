#include "worker/kernel/optimum/optimum.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "worker/kernel/optimum/newton.h"
#include "worker/kernel/optimum/sample_loss.h"
#include "worker/kernel/portable_math.h"

namespace fathom::worker::kernel {
namespace {

constexpr double kTolerance = 1e-10;
// The goal of Newton's method is this much smaller than the tolerance, because
// its last steps gain the most for their cost.
constexpr double kAim = 1e-4;

// Solves the l_p problem for one output after the other. Each output is scaled
// to a root mean square of 1, so that the course does not depend on the unit of
// the targets.
class LpSolver {
 public:
  LpSolver(ConstMatrix x, ConstMatrix y, double p,
           const std::function<bool()>& keep_going)
      : y_(y),
        p_(p),
        squares_(x, 1, keep_going),
        newton_(x, 1, keep_going),
        offset_(x.rows),
        outputs_(static_cast<double>(y.columns)) {}

  // Adds the optimum of output `o` to `sum`.
  absl::Status Add(int64_t o, Optimum& sum) {
    double square = 0;
    for (int64_t i = 0; i < y_.rows; ++i) square += y_.row(i)[o] * y_.row(i)[o];
    if (square == 0) return absl::OkStatus();  // W = 0 is best.
    const double scale = std::sqrt(square / static_cast<double>(y_.rows));
    for (int64_t i = 0; i < y_.rows; ++i) offset_[i] = -y_.row(i)[o] / scale;
    unit_ = PowerOf(scale);
    floor_ = kTolerance * std::min(1.0, 1 / unit_) / outputs_;

    const Newton::Goal goal = {kAim * kTolerance, kAim * floor_, 1 / kAim};
    std::fill(squares_.weights().begin(), squares_.weights().end(), 0.0);
    auto found = squares_.Minimize(LpLoss(2, 0), offset_, goal);
    if (!found.ok()) return found.status();
    found->steps = 0;
    if (p_ != 2) {
      newton_.weights() = squares_.weights();
      found = p_ > 2 ? Above2(goal) : Below2(goal);
      if (!found.ok()) return found.status();
    }
    sum.value += found->value * unit_;
    sum.gap += found->gap * unit_;
    sum.iterations += found->steps;
    return absl::OkStatus();
  }

 private:
  // Returns x^p.
  double PowerOf(double x) const {
    return std::fmod(p_, 2) == 0 ? Power(x, static_cast<int>(p_))
                                 : RealPower(x, p_);
  }

  // Solves for p > 2, by way of 4, 8, ...
  absl::StatusOr<Newton::Outcome> Above2(const Newton::Goal& goal) {
    int steps = 0;
    for (double p = 4; p < p_; p *= 2) {
      const auto way = newton_.Minimize(
          LpLoss(p, 0), offset_, {.relative = 0.01, .absolute = goal.absolute});
      if (!way.ok()) return way.status();
      steps += way->steps;
    }
    auto found = newton_.Minimize(LpLoss(p_, 0), offset_, goal);
    if (found.ok()) found->steps += steps;
    return found;
  }

  // Solves for p < 2 with less and less smoothing; the last one adds a tenth of
  // the tolerance.
  absl::StatusOr<Newton::Outcome> Below2(const Newton::Goal& goal) {
    int steps = 0;
    const double last = RealPower(0.1 * floor_, 1 / p_);
    for (double e = 0.1; e > last; e *= 0.1) {
      const auto way = newton_.Minimize(LpLoss(p_, e), offset_,
                                        {.absolute = RealPower(e, p_)});
      if (!way.ok()) return way.status();
      steps += way->steps;
    }
    auto found = newton_.Minimize(LpLoss(p_, last), offset_, goal);
    if (!found.ok()) return found;
    found->steps += steps;
    Desmooth(last, *found);
    return found;
  }

  // Computes value and gap without smoothing. From f_e <= f + e^p everywhere
  // follows min f >= min f_e - e^p.
  void Desmooth(double e, Newton::Outcome& outcome) {
    const double least = outcome.value - outcome.gap - RealPower(e, p_);
    outcome.value = newton_.Value(LpLoss(p_, 0));
    outcome.gap = std::clamp(outcome.value - least, 0.0, outcome.value);
  }

  const ConstMatrix y_;
  const double p_;
  Newton squares_;  // Keeps its factor for all outputs.
  Newton newton_;
  std::vector<double> offset_;
  const double outputs_;
  double unit_ = 1;   // Values are in this unit, scale^p.
  double floor_ = 0;  // The tolerance at value 0, in this unit.
};

absl::StatusOr<Optimum> LpOptimum(ConstMatrix x, ConstMatrix y, double p,
                                  const std::function<bool()>& keep_going) {
  if (x.columns > kMaxOptimumFeatures) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the optimum is computed for data with at most ", kMaxOptimumFeatures,
        " features; this data has ", x.columns));
  }
  LpSolver solver(x, y, p, keep_going);
  Optimum sum;
  for (int64_t o = 0; o < y.columns; ++o) {
    if (absl::Status status = solver.Add(o, sum); !status.ok()) return status;
  }
  return sum;
}

// Returns the class of every sample. With one output, label 1 is class 0, and
// label 0 is class 1, the one with the fixed logit.
absl::StatusOr<std::vector<int>> Labels(ConstMatrix y) {
  std::vector<int> labels(y.rows);
  for (int64_t i = 0; i < y.rows; ++i) {
    double ones = 0;
    int last = 1;
    for (int64_t o = 0; o < y.columns; ++o) {
      const double entry = y.row(i)[o];
      if (entry == 1) last = static_cast<int>(o);
      if (entry != 0 && entry != 1) ones = 2;
      ones += entry;
    }
    const bool valid = ones == 1 || (ones == 0 && y.columns == 1);
    if (!valid) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the targets of sample ", i + 1, " are not ",
          y.columns == 1 ? "a label 0 or 1" : "0 but for a single 1"));
    }
    labels[i] = last;
  }
  return labels;
}

absl::StatusOr<Optimum> CrossEntropyOptimum(
    ConstMatrix x, ConstMatrix y, const std::function<bool()>& keep_going) {
  if (x.columns * y.columns > kMaxOptimumWeights) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the optimum of a cross-entropy is computed for at most ",
                     kMaxOptimumWeights, " weights; outputs x features are ",
                     y.columns, " x ", x.columns));
  }
  auto labels = Labels(y);
  if (!labels.ok()) return labels.status();
  const int64_t width = std::max<int64_t>(1, y.columns - 1);
  Newton newton(x, width, keep_going);
  const std::vector<double> zeros(x.rows * width);
  const auto found =
      newton.Minimize(CrossEntropyLoss(width, *std::move(labels)), zeros,
                      {kAim * kTolerance, kAim * kTolerance, 1 / kAim});
  if (!found.ok()) return found.status();
  return Optimum{found->value, found->gap, found->steps};
}

}  // namespace

absl::StatusOr<Optimum> FindOptimum(ConstMatrix x, ConstMatrix y,
                                    const Loss& loss,
                                    const std::function<bool()>& keep_going) {
  absl::StatusOr<Optimum> optimum = absl::UnimplementedError("no such loss");
  switch (loss.kind) {  // Without a default: the compiler misses a new kind.
    case LossKind::kLp:
      optimum = LpOptimum(x, y, loss.p, keep_going);
      break;
    case LossKind::kCrossEntropy:
      optimum = CrossEntropyOptimum(x, y, keep_going);
      break;
  }
  if (!optimum.ok()) return optimum;
  const double allowed = kTolerance * (1 + optimum->value);
  if (!std::isfinite(optimum->value) || optimum->gap > allowed) {
    return absl::InternalError(
        absl::StrCat("no optimum to within 1e-10: after ", optimum->iterations,
                     " Newton steps the objective is ", optimum->value,
                     " and may be lower by ", optimum->gap));
  }
  return optimum;
}

}  // namespace fathom::worker::kernel
