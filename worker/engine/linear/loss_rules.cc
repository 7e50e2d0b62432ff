#include "worker/engine/linear/loss_rules.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "worker/kernel/portable_math.h"

namespace fathom::worker {
namespace {

// Returns the l_p error of the map W = 0.
double ZeroMapPower(const Problem& problem, const v1::LossSpec& spec) {
  const double p = spec.lp();
  const bool even = std::fmod(p, 2) == 0;
  double sum = 0;
  for (const double y : problem.y) {
    sum += even ? kernel::Power(y, static_cast<int>(p))
                : kernel::RealPower(std::fabs(y), p);
  }
  return sum / static_cast<double>(problem.rows);
}

bool HasFactorOne(const v1::LossSpec& spec) {
  return spec.factor() == v1::LOSS_FACTOR_ONE;
}

// Returns the cross-entropy of the map W = 0. Where all predictions are 0, all
// classes are equally likely.
double ZeroMapEntropy(const Problem& problem, const v1::LossSpec& /*spec*/) {
  const auto classes = std::max<int64_t>(problem.outputs, 2);
  return kernel::Log(static_cast<double>(classes));
}

// Checks that targets are 0 or 1 and, for several outputs, one-hot.
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

constexpr LossRule kLossRules[] = {
    {.kind = v1::LOSS_KIND_LP,
     .error = [](const v1::LossSpec& spec) -> kernel::Loss {
       return {.p = spec.lp()};
     },
     .factor =
         [](const v1::LossSpec& spec) {
           return HasFactorOne(spec) ? 1 : 1 / spec.lp();
         },
     // A pass leaves out the factor p of the derivative of |r|^p.
     .gradient_scale =
         [](const v1::LossSpec& spec) {
           return HasFactorOne(spec) ? spec.lp() : 1;
         },
     .zero_map_error = ZeroMapPower,
     .check_targets =
         [](const Problem& /*problem*/) { return absl::OkStatus(); },
     .features =
         [](const v1::LossSpec& spec, double /*outputs*/) {
           return std::fmod(spec.lp(), 2) == 0 ? 2.0 : 50.0;
         }},
    {.kind = v1::LOSS_KIND_CROSS_ENTROPY,
     .error = [](const v1::LossSpec& /*spec*/) -> kernel::Loss {
       return {.kind = kernel::LossKind::kCrossEntropy};
     },
     .factor = [](const v1::LossSpec& /*spec*/) { return 1.0; },
     .gradient_scale = [](const v1::LossSpec& /*spec*/) { return 1.0; },
     .zero_map_error = ZeroMapEntropy,
     .check_targets = CheckLabels,
     .features = [](const v1::LossSpec& /*spec*/,
                    double outputs) { return outputs == 1 ? 70.0 : 30.0; }},
};

// Row i is the rule of kind i + 1, so that a loss without a row does not
// compile.
constexpr bool HasEveryLossRule() {
  for (int i = 0; i < static_cast<int>(std::size(kLossRules)); ++i) {
    if (kLossRules[i].kind != i + 1) return false;
  }
  return std::size(kLossRules) == v1::LossKind_MAX;
}
static_assert(HasEveryLossRule());

}  // namespace

const LossRule& FindLossRule(v1::LossKind kind) {
  const int index = std::max<int>(kind, v1::LOSS_KIND_LP);
  return kLossRules[std::min<int>(index, v1::LossKind_MAX) - 1];
}

}  // namespace fathom::worker
