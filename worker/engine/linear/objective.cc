#include "worker/engine/linear/objective.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"
#include "worker/kernel/portable_math.h"

namespace fathom::worker {
namespace {

// Returns the l_p error of the map W = 0.
double ZeroMapError(const Problem& problem, double p) {
  const bool even = std::fmod(p, 2) == 0;
  double sum = 0;
  for (const double y : problem.y) {
    sum += even ? kernel::Power(y, static_cast<int>(p))
                : kernel::RealPower(std::fabs(y), p);
  }
  return sum / static_cast<double>(problem.rows);
}

absl::Status CheckLabels(const Problem& problem) {
  const int64_t k = problem.outputs;
  for (int64_t i = 0; i < problem.rows; ++i) {
    const double* y = problem.y.data() + i * k;
    int64_t ones = 0;
    for (int64_t o = 0; o < k; ++o) {
      if (y[o] != 0 && y[o] != 1) {
        return absl::InvalidArgumentError(absl::StrCat(
            "cross_entropy needs labels 0 and 1; sample ", i + 1, " has ", y[o],
            ": use one_hot or target_class, and standardize_targets: false"));
      }
      ones += y[o] == 1 ? 1 : 0;
    }
    if (k > 1 && ones != 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "cross_entropy needs one target per sample that is 1; sample ", i + 1,
          " has ", ones));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Objective> MakeObjective(const Problem& problem,
                                        const v1::LossSpec& loss) {
  if (loss.kind() == v1::LOSS_KIND_CROSS_ENTROPY) {
    RETURN_IF_ERROR(CheckLabels(problem));
    const auto classes = std::max<int64_t>(problem.outputs, 2);
    return Objective{
        .loss = {.kind = kernel::LossKind::kCrossEntropy},
        .factor = 1,
        .gradient_scale = 1,
        .zero_map_loss = kernel::Log(static_cast<double>(classes))};
  }
  const double p = loss.lp();
  const bool one = loss.factor() == v1::LOSS_FACTOR_ONE;
  const double factor = one ? 1 : 1 / p;
  return Objective{.loss = {.p = p},
                   .factor = factor,
                   .gradient_scale = one ? p : 1,
                   .zero_map_loss = factor * ZeroMapError(problem, p)};
}

}  // namespace fathom::worker
